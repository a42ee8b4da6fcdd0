#include "opens.h"
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The kernel tidies up some 10 ms after an AF_XDP socket was closed, on a busy machine some 200 ms
   and more; until then its queue is busy and its memory counts as locked.  What either
   refuses is repeated for a second. */
#define FREE_TRIES   (200)
#define FREE_WAIT_NS (5000000L)

void
opened_close( opened_t * out ) {
  for( unsigned i = 0U; i < out->cnt; i++ ) close( out->fds[i] );
  out->cnt = 0U;
}

static void
fail( opened_t * out, int err, char const * step ) {
  opened_close( out );
  out->err  = err;
  out->step = step;
}

/* Takes a descriptor in, or the errno that it was not to be had with. Returns whether
   there is one. */
static int
take( opened_t * out, int fd, char const * step ) {
  if( fd < 0 ) {
    fail( out, errno, step );
    return 0;
  }
  out->fds[out->cnt++] = fd;
  return 1;
}

void
open_monitors( spaces_t const * spaces, opened_t * out ) {
  for( unsigned end = 0U; end < 2U; end++ ) {
    int err = spaces_enter( spaces, end, &out->step );
    if( err ) {
      fail( out, err, out->step );
      return;
    }
    if( !take( out, nl_socket( RTMGRP_LINK | RTMGRP_TC, SOCK_NONBLOCK ), "rtnetlink socket" ) ) return;
  }
}

/* Enters the namespace of the interface and finds it. Returns its number, or 0 (failed). */
static uint32_t
enter( link_t const * at, opened_t * out ) {
  pl_lab_port_t port = { 0 };
  int           err  = spaces_enter( at->spaces, at->end, &out->step );
  if( err )
    fail( out, err, out->step );
  else if( ( err = link_port( at, &port ) ) || !port.name[0] )
    fail( out, err ? err : ENODEV, "interface" );
  return port.ifindex;
}

void
open_packet( link_t const * at, uint16_t ethertype, opened_t * out ) {
  int                on    = 1;
  uint32_t           index = enter( at, out );
  struct sockaddr_ll to    = { .sll_family = AF_PACKET, .sll_protocol = htons( ethertype ), .sll_ifindex = (int)index };
  /* Protocol 0 until it is bound: nothing of another interface gets in. */
  if( !index || !take( out, socket( AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0 ), "AF_PACKET socket" ) )
    return;
  int fd = out->fds[0];
  if( ethertype && setsockopt( fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof( on ) ) )
    fail( out, errno, "PACKET_IGNORE_OUTGOING" );
  else if( bind( fd, (struct sockaddr *)&to, sizeof( to ) ) )
    fail( out, errno, "bind" );
}

/* Waits for what a closed socket still holds, before the tries run out.  Returns whether
   to try again. */
static int
wait_for_free( int * tries ) {
  if( ( *tries )++ == FREE_TRIES ) return 0;
  nanosleep( &(struct timespec){ .tv_nsec = FREE_WAIT_NS }, NULL );
  return 1;
}

/* Registers the memfd as UMEM.  The kernel pins its pages, so that the mapping here is
   not needed afterwards. */
static int
register_umem( int fd, int memory, size_t sz, char const ** step ) {
  *step = "UMEM memory";
  if( ftruncate( memory, (off_t)sz ) || fcntl( memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL ) )
    return errno;
  void * at = mmap( NULL, sz, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0 );
  if( at == MAP_FAILED ) return errno;
  struct xdp_umem_reg reg = { .addr = (uintptr_t)at, .len = sz, .chunk_size = PL_LAB_FRAME_SZ };
  int err, tries = 0;
  do err = setsockopt( fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof( reg ) ) ? errno : 0;
  while( err == ENOBUFS && wait_for_free( &tries ) );
  *step = "UMEM";
  munmap( at, sz );
  return err;
}

static int
bind_xdp( int fd, uint32_t index, int zero_copy ) {
  struct sockaddr_xdp to = { .sxdp_family  = AF_XDP,
                             .sxdp_ifindex = index,
                             .sxdp_flags   = (uint16_t)( XDP_USE_NEED_WAKEUP | ( zero_copy ? XDP_ZEROCOPY : XDP_COPY ) ) };
  int err, tries = 0;
  do err = bind( fd, (struct sockaddr *)&to, sizeof( to ) ) ? errno : 0;
  while( err == EBUSY && wait_for_free( &tries ) );
  return err;
}

void
open_xdp( link_t const * at, uint32_t frames, uint32_t slots, int zero_copy, opened_t * out ) {
  static struct {
    int          name;
    char const * step;
  } const rings[4] = { { XDP_UMEM_FILL_RING, "fill ring" },
                       { XDP_UMEM_COMPLETION_RING, "completion ring" },
                       { XDP_TX_RING, "transmit ring" },
                       { XDP_RX_RING, "receive ring" } };
  uint32_t index = enter( at, out );
  if( !index || !take( out, socket( AF_XDP, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0 ), "AF_XDP socket" ) ||
      !take( out, memfd_create( "packet-lab-umem", MFD_CLOEXEC | MFD_ALLOW_SEALING ), "UMEM memory" ) )
    return;
  int          fd   = out->fds[0];
  char const * step = "";
  int          err  = register_umem( fd, out->fds[1], (size_t)frames * PL_LAB_FRAME_SZ, &step );
  for( unsigned i = 0U; !err && i < 4U; i++ ) {
    step = rings[i].step;
    if( setsockopt( fd, SOL_XDP, rings[i].name, &slots, sizeof( slots ) ) ) err = errno;
  }
  if( !err ) {
    step = "bind";
    err  = bind_xdp( fd, index, zero_copy );
  }
  if( err ) fail( out, err, step );
}

void
open_tap( link_t const * at, uint32_t mtu, opened_t * out ) {
  link_t       tap = *at;
  struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
  tap.device       = PL_LAB_TUN;
  link_name( &tap, ifr.ifr_name );
  int err = spaces_enter( at->spaces, at->end, &out->step );
  if( err ) {
    fail( out, err, out->step );
    return;
  }
  if( !take( out, open( "/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC ), "open /dev/net/tun" ) ) return;
  if( ioctl( out->fds[0], TUNSETIFF, &ifr ) ) {
    fail( out, errno, "TUNSETIFF" );
    return;
  }
  char const * step = "";
  err               = link_set_mtu( &tap, mtu, &step );
  if( !err ) err = link_set_up( &tap, 1, &step );
  if( err ) fail( out, err, step );
}

void
open_udp( link_t const * at, int family, opened_t * out ) {
  int err = spaces_enter( at->spaces, at->end, &out->step );
  if( err )
    fail( out, err, out->step );
  else
    take( out, socket( family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0 ), "UDP socket" );
}

void
open_look( link_t const * at, opened_t * out ) {
  int err = spaces_enter( at->spaces, at->end, &out->step );
  if( err )
    fail( out, err, out->step );
  else if( take( out, nl_socket( 0U, 0 ), "rtnetlink socket" ) )
    take( out, socket( AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC ), "generic netlink socket" );
}
