/* udp on an interface of a lab: the socket belongs to the interface's namespace, so that it
   reaches the pair's two addresses and the loopback of that namespace.

   received: frames with a datagram of this side that arrive at the peer.  What goes to the
   side's own address or its loopback does not come by there. */

#include "backend/udp.h"
#include "net/port.h"
#include "run/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

typedef struct {
  pl_udp_t  udp;
  pl_port_t port;
} udp_lab_t;

/* The route to the peer goes with the link, and with the interface. */
static void
unreachable( pl_udp_t * udp, int err ) {
  udp_lab_t * self = (udp_lab_t *)udp;
  (void)err;
  (void)pl_port_down( &self->port, &udp->head, "sendmmsg" );
}

/* Headers in front of a payload: Ethernet, IPv4, UDP. */
#define HEADERS (42UL)

/* A veth drops what the MTU of its peer has no room for; it gives every frame the 4 B of a VLAN tag. */
static int
full( pl_udp_t * udp, unsigned long payload_sz ) {
  udp_lab_t *     self = (udp_lab_t *)udp;
  int const       why  = pl_port_full( &self->port, &udp->head );
  uint64_t const  most = self->port.peer_mtu + 18UL;
  if( why == PL_FULL_CARRIER ) return PL_UDP_CAUSE_NO_CARRIER;
  if( self->port.peer_mtu && payload_sz && payload_sz + HEADERS > most ) return PL_UDP_CAUSE_PEER_MTU;
  return why == PL_FULL_QUEUE ? PL_UDP_CAUSE_QDISC_FULL : PL_UDP_CAUSE_NO_QUEUE;
}

static int
udp_lab_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx, int flush ) {
  udp_lab_t *    self   = ctx;
  uint64_t const before = self->udp.to_peer;
  int const      gone   = self->udp.head.state.state > PL_STATE_LINK_DOWN;
  if( gone && batch_cnt ) {
    self->udp.head.cause = (pl_cause_t){ .id = PL_UDP_CAUSE_REMOVED };
    if( opt_batch_idx ) *opt_batch_idx = 0UL;
    return PL_AIO_ERR_AGAIN;
  }
  int code = gone ? PL_AIO_SUCCESS : pl_udp_send( &self->udp, batch, batch_cnt, opt_batch_idx, flush );
  pl_port_sent( &self->port, self->udp.to_peer - before );
  if( code && self->udp.head.cause.id == PL_UDP_CAUSE_PEER_MTU ) self->udp.head.cause.b = self->port.peer_mtu;
  return code;
}

static uint64_t
udp_lab_service( pl_backend_t * head, uint64_t now ) {
  return pl_port_service( &( (udp_lab_t *)head )->port, head, now );
}

static int
udp_lab_idle( pl_backend_t const * head ) {
  return pl_port_idle( &( (udp_lab_t const *)head )->port, head );
}

static void
udp_lab_settle( pl_backend_t * head ) {
  pl_port_settle( &( (udp_lab_t *)head )->port, head );
}

static void
udp_lab_close( pl_backend_t * head ) {
  udp_lab_t * self = (udp_lab_t *)head;
  pl_port_close( &self->port ); /* with the socket */
  free( self );
}

static pl_backend_def_t const def = { .name       = "udp",
                                      .opts       = pl_udp_opts,
                                      .opt_cnt    = PL_UDP_OPT_CNT,
                                      .has_peer   = 1,
                                      .service    = udp_lab_service,
                                      .idle       = udp_lab_idle,
                                      .settle     = udp_lab_settle,
                                      .close      = udp_lab_close,
                                      .cause_text = pl_udp_cause_text };

/* Whether a packet socket is told how a message of datagrams is to be cut.  Kernels before
   6.2 know no word for that and drop such a message at the receiver. */
static int
receiver_can_cut( void ) {
  struct utsname name;
  unsigned       major = 0U, minor = 0U;
  return !uname( &name ) && sscanf( name.release, "%u.%u", &major, &minor ) == 2 && ( major > 6U || ( major == 6U && minor >= 2U ) );
}

/* Has the peer's socket see UDP over IPv4 from this side only.  0, or -1 with errno. */
static int
filter( int fd, uint32_t addr4 ) {
  struct sock_filter code[] = { BPF_STMT( BPF_LD | BPF_H | BPF_ABS, 12 ),
                                BPF_JUMP( BPF_JMP | BPF_JEQ | BPF_K, 0x0800, 0, 5 ),
                                BPF_STMT( BPF_LD | BPF_B | BPF_ABS, 23 ),
                                BPF_JUMP( BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 3 ),
                                BPF_STMT( BPF_LD | BPF_W | BPF_ABS, 26 ),
                                BPF_JUMP( BPF_JMP | BPF_JEQ | BPF_K, ntohl( addr4 ), 0, 1 ),
                                BPF_STMT( BPF_RET | BPF_K, UINT32_MAX ),
                                BPF_STMT( BPF_RET | BPF_K, 0 ) };
  struct sock_fprog  all    = { .len = sizeof( code ) / sizeof( code[0] ), .filter = code };
  return fd < 0 ? 0 : setsockopt( fd, SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof( all ) );
}

pl_backend_t *
pl_udp_open_on( pl_opt_vals_t const * vals, pl_device_t const * device, pl_err_t * err ) {
  int       domain = 0, type = 0;
  socklen_t domain_sz = sizeof( domain ), type_sz = sizeof( type );
  if( getsockopt( device->send_fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_sz ) || domain != AF_INET ||
      getsockopt( device->send_fd, SOL_SOCKET, SO_TYPE, &type, &type_sz ) || type != SOCK_DGRAM || !device->port.addr4 ||
      !device->port.peer_addr4 ) {
    pl_err_set( err, EINVAL, "device", "udp needs an IPv4 datagram socket and the addresses of %.15s and its peer; what was given is not.",
                device->port.name );
    return NULL;
  }
  int const gso = (int)vals->num[PL_UDP_OPT_GSO];
  int const cut = device->recv_fd < 0 || receiver_can_cut();
  if( gso == PL_UDP_GSO_ON && !cut ) {
    pl_err_set( err, EOPNOTSUPP, "device",
                "udp with gso=on is not received before Linux 6.2, which does not tell the peer how to cut messages: use gso=off." );
    return NULL;
  }
  udp_lab_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) {
    pl_err_set( err, ENOMEM, "memory", "udp could not be opened: out of memory." );
    return NULL;
  }
  if( pl_udp_prepare( device->send_fd, AF_INET, vals ) || filter( device->recv_fd, device->port.addr4 ) ) {
    pl_err_set( err, errno, "socket", "udp could not be opened on %.15s: %s.", device->port.name, strerror( errno ) );
    free( self );
    return NULL;
  }
  if( pl_port_open( &self->port, &self->udp.head, device, (unsigned long)vals->num[PL_UDP_OPT_PEER_RING], err ) ) {
    free( self );
    return NULL;
  }
  pl_udp_init( &self->udp, gso == PL_UDP_GSO_ON || ( gso == PL_UDP_GSO_AUTO && cut ) );
  self->udp.fd[0]         = device->send_fd;
  self->udp.lab[0].s_addr = device->port.addr4;
  self->udp.lab[1].s_addr = device->port.peer_addr4;
  self->udp.unreachable   = unreachable;
  self->udp.full          = full;
  self->udp.head.def      = &def;
  self->udp.head.aio      = (pl_aio_t){ .ctx = self, .send_func = udp_lab_send };
  pl_port_look( &self->port, &self->udp.head, pl_clock_ns(), 1 );
  return &self->udp.head;
}
