/* What the helper makes of whatever comes through its socket: it answers, lives on,
   keeps no descriptor that it was sent, and ends when nobody is there any more. */

#include "files.h"
#include "hash.h"
#include "pl_lab.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELPER "dist/ctest/packet-lab-helper"

static int   sock;
static pid_t helper;

static void
start( void ) {
  int pair[2];
  if( !CHECK( !socketpair( AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair ) ) ) return;
  fflush( stdout );
  helper = fork();
  if( !helper ) {
    if( pair[1] == PL_LAB_FD || dup2( pair[1], PL_LAB_FD ) < 0 ) _exit( 90 );
    /* Descriptors that it has no use for. */
    dup2( 1, 40 );
    dup2( 1, 1000 );
    execl( HELPER, "packet-lab-helper", (char *)NULL );
    _exit( 91 );
  }
  close( pair[1] );
  sock = pair[0];
}

/* Its exit status, -1 when it was killed, -2 when it does not end. */
static int
ended( void ) {
  int status = 0;
  close( sock );
  for( int i = 0; i < 5000; i++ ) {
    pid_t got = waitpid( helper, &status, WNOHANG );
    if( got == helper ) return WIFEXITED( status ) ? WEXITSTATUS( status ) : -1;
    usleep( 1000 );
  }
  kill( helper, SIGKILL );
  waitpid( helper, &status, 0 );
  return -2;
}

/* Sends the bytes and takes the answer; its errno, or -1 when none came. Descriptors
   that come along are closed. */
static int
say( void const * bytes, size_t sz, pl_lab_rep_t * rep ) {
  union {
    struct cmsghdr head;
    char           bytes[CMSG_SPACE( PL_LAB_FDS_MAX * sizeof( int ) )];
  } control;
  struct iovec  iov = { .iov_base = rep, .iov_len = sizeof( *rep ) };
  struct msghdr msg = {
      .msg_iov = &iov, .msg_iovlen = 1UL, .msg_control = control.bytes, .msg_controllen = sizeof( control ) };
  struct pollfd wait = { .fd = sock, .events = POLLIN };
  memset( rep, 0, sizeof( *rep ) );
  if( send( sock, bytes, sz, MSG_NOSIGNAL ) != (ssize_t)sz || poll( &wait, 1UL, 10000 ) != 1 ) return -1;
  if( recvmsg( sock, &msg, MSG_CMSG_CLOEXEC ) != (ssize_t)sizeof( *rep ) || rep->magic != PL_LAB_MAGIC ) return -1;
  struct cmsghdr * head = CMSG_FIRSTHDR( &msg );
  for( unsigned i = 0U; head && i < rep->fd_cnt && i < PL_LAB_FDS_MAX; i++ ) {
    int fd;
    memcpy( &fd, CMSG_DATA( head ) + i * sizeof( int ), sizeof( int ) );
    close( fd );
  }
  return rep->err;
}

static pl_lab_req_t
request( uint16_t op, uint32_t a, uint32_t b ) {
  return (pl_lab_req_t){ .magic = PL_LAB_MAGIC, .seq = 77U, .op = op, .arg = { a, b } };
}

/* Makes the pairs.  Where user namespaces are forbidden the case is skipped. */
static int
greeted( unsigned pairs ) {
  pl_lab_req_t hello = request( PL_LAB_HELLO, pairs, 1500U );
  pl_lab_rep_t rep;
  int          err = say( &hello, sizeof( hello ), &rep );
  if( !err ) return 1;
  if( err > 0 && !strcmp( rep.step, "user namespace" ) && geteuid() )
    tap_skip( "user namespaces are forbidden here" );
  else
    CHECK_EQ( err, 0 );
  (void)ended();
  return 0;
}

/* Descriptors that the helper has open. */
static int
open_cnt( void ) {
  char path[64];
  int  cnt = 0;
  snprintf( path, sizeof( path ), "/proc/%d/fd", helper );
  DIR * dir = opendir( path );
  if( !dir ) return -1;
  while( readdir( dir ) ) cnt++;
  closedir( dir );
  return cnt - 2;
}

static void
sizes_and_junk( void ) {
  static uint8_t big[70000];
  pl_lab_rep_t   rep;
  pl_lab_req_t   port = request( PL_LAB_PORT, 0U, 0U );
  start();
  static size_t const sizes[] = { 0UL, 1UL, 4UL, 8UL, sizeof( port ) - 1UL, sizeof( port ) + 1UL, 4096UL, sizeof( big ) };
  memcpy( big, &port, sizeof( port ) );
  for( unsigned i = 0U; i < sizeof( sizes ) / sizeof( sizes[0] ); i++ ) {
    CHECK_EQ( say( big, sizes[i], &rep ), EINVAL );
    CHECK_STR( rep.step, "request size" );
    CHECK_EQ( rep.seq, sizes[i] >= 8UL ? 77 : 0 );
  }
  CHECK_EQ( say( &port, sizeof( port ), &rep ), EINVAL ); /* there are no pairs yet */
  CHECK_STR( rep.step, "pair" );
  port.magic++;
  CHECK_EQ( say( &port, sizeof( port ), &rep ), EINVAL );
  CHECK_STR( rep.step, "magic" );
  CHECK_EQ( rep.seq, 0 );
  if( !greeted( 1U ) ) return;
  port.magic--;
  CHECK_EQ( say( &port, sizeof( port ), &rep ), 0 );
  CHECK_STR( rep.port.name, "pl0a" );
  CHECK_EQ( rep.seq, 77 );
  CHECK_EQ( ended(), 0 );
}

/* Requests that are nearly right, thousands of them: each is answered. */
static void
nearly_right( void ) {
  start();
  if( !greeted( 2U ) ) return;
  pl_lab_rep_t rep;
  pl_lab_req_t port    = request( PL_LAB_PORT, 0U, 0U );
  int          answers = 0, good = 0;
  for( uint32_t i = 0U; i < 3000U; i++ ) {
    uint32_t     r   = pl_hash32( 1U, 0U, 0U, i );
    pl_lab_req_t req = request( (uint16_t)( 1U + r % 12U ), ( r >> 4 ) & 1U ? 1500U : ( r >> 5 ) & 3U, 0U );
    req.pair         = ( r >> 8 ) & 1U;
    req.end          = ( r >> 9 ) & 1U;
    req.device       = !( ( r >> 10 ) & 7U );
    if( req.op == PL_LAB_XDP ) req.arg[0] = req.arg[1] = 16U;
    if( req.op == PL_LAB_TAP ) req.op = PL_LAB_PORT; /* its device is slow to make and go */
    uint32_t spoil = pl_hash32( 2U, 0U, 0U, i );
    if( spoil % 3U == 0U ) ( (uint8_t *)&req )[( spoil >> 8 ) % sizeof( req )] ^= (uint8_t)( 1U << ( spoil >> 16 ) % 8U );
    int err = say( &req, sizeof( req ), &rep );
    if( !CHECK( err >= 0 ) ) break;
    answers++;
    good += !err;
    CHECK( memchr( rep.step, '\0', sizeof( rep.step ) ) );
    CHECK( !err == !rep.step[0] );
    CHECK( rep.fd_cnt <= PL_LAB_FDS_MAX && ( !err || !rep.fd_cnt ) );
  }
  CHECK_EQ( answers, 3000 );
  CHECK( good > 500 );
  /* What was handed over is not kept: 0, 1, 2, its socket, and two of each namespace. */
  CHECK_EQ( say( &port, sizeof( port ), &rep ), 0 );
  CHECK_EQ( open_cnt(), 8 );
  CHECK_EQ( ended(), 0 );
}

static void
descriptors_that_are_sent_are_not_kept( void ) {
  start();
  pl_lab_rep_t  rep;
  pl_lab_req_t  port = request( PL_LAB_PORT, 0U, 0U );
  int           fds[2] = { 0, 1 };
  union {
    struct cmsghdr head;
    char           bytes[CMSG_SPACE( sizeof( fds ) )];
  } control = { .head = { .cmsg_len = CMSG_LEN( sizeof( fds ) ), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
  memcpy( CMSG_DATA( &control.head ), fds, sizeof( fds ) );
  struct iovec  iov = { .iov_base = &port, .iov_len = sizeof( port ) };
  struct msghdr msg = {
      .msg_iov = &iov, .msg_iovlen = 1UL, .msg_control = control.bytes, .msg_controllen = sizeof( control ) };
  CHECK_EQ( say( &port, 1UL, &rep ), EINVAL ); /* by now it has started, and closed what came along */
  int before = open_cnt();
  CHECK_EQ( before, 4 ); /* 0, 1, 2 and its socket */
  CHECK_EQ( sendmsg( sock, &msg, 0 ), (ssize_t)sizeof( port ) );
  CHECK_EQ( recv( sock, &rep, sizeof( rep ), 0 ), (ssize_t)sizeof( rep ) );
  CHECK_EQ( rep.err, EINVAL );
  CHECK_EQ( open_cnt(), before );
  CHECK_EQ( ended(), 0 );
}

static void
it_ends_with_the_socket( void ) {
  start();
  CHECK_EQ( ended(), 0 ); /* before any request */
  start();
  if( !greeted( 1U ) ) return;
  pl_lab_req_t port = request( PL_LAB_PORT, 0U, 0U );
  CHECK_EQ( send( sock, &port, sizeof( port ), 0 ), (ssize_t)sizeof( port ) ); /* and nobody waits for the answer */
  CHECK_EQ( ended(), 0 );
}

/* Somebody else's child: the maker of the socket is not its parent, which is why it
   does not stay. */
static int
grandchild( void const * arg ) {
  int const * pair = arg;
  helper           = fork();
  if( !helper ) {
    if( pair[1] != PL_LAB_FD ) dup2( pair[1], PL_LAB_FD );
    execl( HELPER, "packet-lab-helper", (char *)NULL );
    _exit( 91 );
  }
  int status = 0;
  CHECK_EQ( waitpid( helper, &status, 0 ), helper );
  CHECK( WIFEXITED( status ) && WEXITSTATUS( status ) == 1 );
  return 0;
}

static void
it_serves_its_parent_only( void ) {
  int pair[2];
  if( !CHECK( !socketpair( AF_UNIX, SOCK_SEQPACKET, 0, pair ) ) ) return;
  CHECK_EQ( tap_fork( grandchild, pair ), 0 );
  close( pair[0] );
  close( pair[1] );
}

/* Starts a helper, and somebody who holds the other end of its socket open: only the
   parent's death can end it.  Tells both process ids, and dies without a word. */
static void
dying_parent( int out ) {
  pl_lab_req_t hello = request( PL_LAB_HELLO, 1U, 1500U );
  pl_lab_rep_t rep;
  start();
  (void)say( &hello, sizeof( hello ), &rep );
  pid_t holder = fork();
  if( !holder )
    for( ;; ) pause();
  pid_t const told[2] = { helper, holder };
  if( write( out, told, sizeof( told ) ) == (ssize_t)sizeof( told ) ) kill( getpid(), SIGKILL );
  _exit( 1 );
}

static void
it_dies_with_its_parent( void ) {
  int   out[2], status = 0;
  pid_t told[2] = { 0, 0 };
  /* Orphans become children of this process, so that their end is seen. */
  if( !CHECK( !pipe( out ) ) || !CHECK( !prctl( PR_SET_CHILD_SUBREAPER, 1 ) ) ) return;
  fflush( stdout );
  pid_t pid = fork();
  if( !pid ) dying_parent( out[1] );
  int all = CHECK_EQ( read( out[0], told, sizeof( told ) ), (ssize_t)sizeof( told ) );
  CHECK_EQ( waitpid( pid, &status, 0 ), pid );
  CHECK( WIFSIGNALED( status ) );
  if( all && CHECK( told[0] > 1 && told[1] > 1 ) ) {
    pid_t gone = 0;
    for( int i = 0; i < 5000 && !gone; i++ ) {
      gone = waitpid( told[0], &status, WNOHANG );
      if( !gone ) usleep( 1000 );
    }
    CHECK_EQ( gone, told[0] );
    CHECK( WIFSIGNALED( status ) && WTERMSIG( status ) == SIGKILL );
    if( !gone ) kill( told[0], SIGKILL );
    kill( told[1], SIGKILL );
    CHECK_EQ( waitpid( told[1], &status, 0 ), told[1] );
  }
  prctl( PR_SET_CHILD_SUBREAPER, 0 );
  close( out[0] );
  close( out[1] );
}

int
main( void ) {
  tap_run( "messages of every size and junk are answered with EINVAL", sizes_and_junk );
  tap_run( "thousands of requests that are nearly right are answered", nearly_right );
  tap_run( "descriptors that are sent along are not kept", descriptors_that_are_sent_are_not_kept );
  tap_run( "it ends with the socket", it_ends_with_the_socket );
  tap_run( "it serves its parent only", it_serves_its_parent_only );
  tap_run( "it dies with its parent", it_dies_with_its_parent );
  return tap_end();
}
