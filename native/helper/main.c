/* packet-lab-helper: holds the two network namespaces of a lab and does there what
   needs rights, for the program that started it (pl_lab.h). It ends with the socket on
   descriptor 3, and with its parent. */

#include "opens.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
  spaces_t spaces;
  int      begun;
  unsigned pairs; /* 0 until they are made */
} lab_t;

/* Whether descriptor 3 is one end of a socketpair, and who made it. */
static int
starter( pid_t * pid ) {
  int          type = 0, domain = 0;
  struct ucred who;
  socklen_t    sz = sizeof( int ), who_sz = sizeof( who );
  if( getsockopt( PL_LAB_FD, SOL_SOCKET, SO_TYPE, &type, &sz ) || type != SOCK_SEQPACKET ||
      getsockopt( PL_LAB_FD, SOL_SOCKET, SO_DOMAIN, &domain, &sz ) || domain != AF_UNIX ||
      getsockopt( PL_LAB_FD, SOL_SOCKET, SO_PEERCRED, &who, &who_sz ) )
    return 0;
  *pid = who.pid;
  return 1;
}

/* Dies with the parent, also when that has died by now. */
static int
follow( pid_t parent ) {
  return prctl( PR_SET_PDEATHSIG, SIGKILL ) || getppid() != parent ? -1 : 0;
}

/* Gives up what no request needs: descriptors that came along, rights that a program
   could give, core files, the folder it was started in. */
static int
harden( void ) {
  struct rlimit none = { 0 };
  return syscall( SYS_close_range, PL_LAB_FD + 1U, ~0U, 0U ) || prctl( PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0 ) ||
                 setrlimit( RLIMIT_CORE, &none ) || chdir( "/" ) ||
                 prctl( PR_SET_NAME, "packet-lab-help" )
             ? -1
             : 0;
}

/* Makes the namespaces and the pairs. */
static void
hello( lab_t * lab, pl_lab_req_t const * req, opened_t * out ) {
  lab->begun = 1;
  out->err   = spaces_make( &lab->spaces, &out->step );
  for( unsigned i = 0U; !out->err && i < req->arg[0]; i++ ) {
    link_t at = { .spaces = &lab->spaces, .pair = i };
    out->err  = pair_create( &at, req->arg[1], &out->step );
  }
  if( out->err ) return;
  lab->pairs = req->arg[0];
  open_monitors( &lab->spaces, out );
}

/* Does what a checked request asks. */
static void
serve( lab_t * lab, pl_lab_req_t const * req, opened_t * out ) {
  link_t           at = { .spaces = &lab->spaces, .pair = req->pair, .end = req->end, .device = req->device };
  uint32_t const * a  = req->arg;
  switch( req->op ) {
  case PL_LAB_HELLO: hello( lab, req, out ); break;
  case PL_LAB_PACKET: open_packet( &at, (uint16_t)a[0], out ); break;
  case PL_LAB_XDP: open_xdp( &at, a[0], a[1], (int)a[2], out ); break;
  case PL_LAB_TAP: open_tap( &at, a[0], out ); break;
  case PL_LAB_UDP: open_udp( &at, (int)a[0], out ); break;
  case PL_LAB_LINK: out->err = link_set_up( &at, (int)a[0], &out->step ); break;
  case PL_LAB_DELETE: out->err = link_delete( &at, &out->step ); break;
  case PL_LAB_CREATE: out->err = pair_create( &at, a[0], &out->step ); break;
  case PL_LAB_MTU: out->err = link_set_mtu( &at, a[0], &out->step ); break;
  case PL_LAB_CARRIER: out->err = link_set_carrier( &at, (int)a[0], &out->step ); break;
  case PL_LAB_QDISC: out->err = link_set_queue( &at, a[0], &out->step ); break;
  case PL_LAB_LOOK: open_look( &at, out ); break;
  default: break; /* PORT: the facts come with every reply */
  }
}

/* Facts for the reply: of the TAP device where the request made or named it. */
static void
tell_port( lab_t const * lab, pl_lab_req_t const * req, pl_lab_port_t * port ) {
  unsigned device = req->op == PL_LAB_TAP ? PL_LAB_TUN : req->device;
  link_t   at     = { .spaces = &lab->spaces, .pair = req->pair, .end = req->end, .device = device };
  if( lab->pairs && link_port( &at, port ) ) memset( port, 0, sizeof( *port ) );
}

/* Sends the reply with its descriptors. 0, or -1 when nobody is there any more. */
static int
answer( pl_lab_rep_t * rep, opened_t const * out ) {
  union {
    struct cmsghdr head;
    char           bytes[CMSG_SPACE( sizeof( out->fds ) )];
  } control = { 0 };
  struct iovec  iov = { .iov_base = rep, .iov_len = sizeof( *rep ) };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1UL };
  size_t        sz  = out->cnt * sizeof( int );
  if( out->cnt ) {
    msg.msg_control    = control.bytes;
    msg.msg_controllen = CMSG_SPACE( sz );
    control.head       = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN( sz ) };
    memcpy( CMSG_DATA( &control.head ), out->fds, sz );
  }
  while( sendmsg( PL_LAB_FD, &msg, MSG_NOSIGNAL ) < 0 )
    if( errno != EINTR ) return -1;
  return 0;
}

/* Takes the next request, in a buffer that shows when it is too long.  Returns its
   size, or -1 at the end.  A message of no bytes is not the end. */
static ssize_t
next( void * bytes, size_t sz ) {
  for( ;; ) {
    ssize_t n = recv( PL_LAB_FD, bytes, sz, 0 );
    if( n < 0 && errno == EINTR ) continue;
    if( n ) return n;
    struct pollfd end = { .fd = PL_LAB_FD, .events = POLLRDHUP };
    return poll( &end, 1UL, 0 ) > 0 && end.revents & ( POLLRDHUP | POLLHUP | POLLERR ) ? -1 : 0;
  }
}

int
main( void ) {
  pid_t parent;
  if( !starter( &parent ) ) {
    fprintf( stderr, "packet-lab-helper: Packet Lab starts this program for a lab; by itself it does nothing.\n" );
    return 2;
  }
  if( follow( parent ) || harden() ) return 1;

  lab_t lab = { .spaces = { .ns = { -1, -1 }, .route = { -1, -1 } } };
  char  bytes[sizeof( pl_lab_req_t ) + 1UL];
  for( ssize_t sz; ( sz = next( bytes, sizeof( bytes ) ) ) >= 0; ) {
    pl_lab_req_t req = { 0 };
    pl_lab_rep_t rep = { .magic = PL_LAB_MAGIC };
    opened_t     out = { .step = "" };
    memcpy( &req, bytes, (size_t)sz < sizeof( req ) ? (size_t)sz : sizeof( req ) );
    rep.seq = req.magic == PL_LAB_MAGIC ? req.seq : 0U;
    out.err = pl_lab_check( bytes, (unsigned long)sz, lab.pairs, &out.step );
    if( !out.err ) {
      serve( &lab, &req, &out );
      tell_port( &lab, &req, &rep.port );
      /* New credentials let go of the parent's death. */
      if( req.op == PL_LAB_HELLO && follow( parent ) ) return 1;
    }
    rep.err    = out.err;
    rep.fd_cnt = out.cnt;
    if( out.err ) snprintf( rep.step, sizeof( rep.step ), "%s", out.step );
    int gone = answer( &rep, &out );
    opened_close( &out );
    /* A lab that was begun and not finished is of no use. */
    if( gone || ( lab.begun && !lab.pairs ) ) break;
  }
  return 0;
}
