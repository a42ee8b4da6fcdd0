#include "handed.h"
#include "net/monitor.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The UMEM of a socket.  Returns the memory, or -1. */
static int
make_umem( int fd, uint32_t frames ) {
  size_t const sz  = (size_t)frames * PL_LAB_FRAME_SZ;
  int          mem = memfd_create( "test", MFD_CLOEXEC | MFD_ALLOW_SEALING );
  if( mem < 0 || ftruncate( mem, (off_t)sz ) || fcntl( mem, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW ) ) return -1;
  void * at = mmap( NULL, sz, PROT_READ | PROT_WRITE, MAP_SHARED, mem, 0 );
  if( at == MAP_FAILED ) return -1;
  struct xdp_umem_reg reg = { .addr = (uintptr_t)at, .len = sz, .chunk_size = PL_LAB_FRAME_SZ };
  int failed = setsockopt( fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof( reg ) );
  munmap( at, sz );
  return failed ? -1 : mem;
}

/* A queue is busy for some 10 ms after its last socket was closed. */
static int
bind_xdp( int fd, uint32_t ifindex ) {
  struct sockaddr_xdp to = { .sxdp_family = AF_XDP, .sxdp_ifindex = ifindex, .sxdp_flags = XDP_USE_NEED_WAKEUP | XDP_COPY };
  for( int i = 0; i < 400; i++ ) {
    if( !bind( fd, (struct sockaddr *)&to, sizeof( to ) ) ) return 1;
    if( errno != EBUSY ) break;
    nanosleep( &(struct timespec){ .tv_nsec = 5000000L }, NULL );
  }
  return 0;
}

int
handed_xdp( pl_device_t * device, uint32_t frames, uint32_t slots ) {
  static int const rings[] = { XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_TX_RING, XDP_RX_RING };
  *device                  = (pl_device_t){ .send_fd = -1, .tag_fd = -1, .recv_fd = -1, .mem_fd = -1 };
  if( !netns_describe( device, PL_LAB_END_A, "pl0a" ) ) return 0;
  device->send_fd = socket( AF_XDP, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0 );
  device->mem_fd  = make_umem( device->send_fd, frames );
  int ok          = CHECK( device->mem_fd >= 0 );
  for( int i = 0; i < 4; i++ ) ok &= CHECK( !setsockopt( device->send_fd, SOL_XDP, rings[i], &slots, sizeof( slots ) ) );
  if( !ok || !CHECK( bind_xdp( device->send_fd, device->port.ifindex ) ) ) return 0;
  device->recv_fd = netns_receiver( PL_LAB_END_B, "pl0b" );
  return 1;
}

int
handed_tap( pl_device_t * device ) {
  struct ifreq ifr = { .ifr_name = "pl0t", .ifr_flags = IFF_TAP | IFF_NO_PI };
  *device          = (pl_device_t){ .send_fd = -1, .tag_fd = -1, .recv_fd = -1, .mem_fd = -1 };
  if( !netns_go( PL_LAB_END_A ) ) return 0;
  device->send_fd = open( "/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC );
  if( !CHECK( !ioctl( device->send_fd, TUNSETIFF, &ifr ) ) || !handed_tap_link( 1 ) ) return 0;
  device->recv_fd = netns_receiver( PL_LAB_END_A, "pl0t" );
  return netns_describe( device, PL_LAB_END_A, "pl0t" );
}

int
handed_udp( pl_device_t * device ) {
  *device = (pl_device_t){ .send_fd = -1, .tag_fd = -1, .recv_fd = -1, .mem_fd = -1 };
  int ok  = netns_command( PL_LAB_END_A, "ip addr replace 198.18.0.1/24 dev pl0a && ip link set lo up && "
                                         "ip neigh replace 198.18.0.2 lladdr 02:00:00:00:00:02 dev pl0a" );
  ok &= netns_command( PL_LAB_END_B, "ip addr replace 198.18.0.2/24 dev pl0b && ip link set lo up" );
  if( !CHECK( ok ) || !netns_describe( device, PL_LAB_END_A, "pl0a" ) ) return 0;
  device->port.addr4      = inet_addr( "198.18.0.1" );
  device->port.peer_addr4 = inet_addr( "198.18.0.2" );
  netns_go( PL_LAB_END_A );
  device->send_fd = socket( AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0 );
  return CHECK( device->send_fd >= 0 );
}

/* Sets flags or the MTU of the TAP device. */
static int
change( unsigned long request, struct ifreq * ifr ) {
  netns_go( PL_LAB_END_A );
  int fd = socket( AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0 );
  snprintf( ifr->ifr_name, IFNAMSIZ, "pl0t" );
  int ok = CHECK( !ioctl( fd, request, ifr ) );
  close( fd );
  return ok;
}

int
handed_tap_link( int up ) {
  struct ifreq ifr = { .ifr_flags = up ? IFF_UP : 0 };
  return change( SIOCSIFFLAGS, &ifr );
}

int
handed_tap_mtu( int mtu ) {
  struct ifreq ifr = { .ifr_mtu = mtu };
  return change( SIOCSIFMTU, &ifr );
}

int
handed_tap_delete( void ) {
  return netns_remove( PL_LAB_END_A, "pl0t" );
}

char const *
handed_no_tap( void ) {
  int fd = open( "/dev/net/tun", O_RDWR | O_CLOEXEC );
  if( fd < 0 ) return "/dev/net/tun cannot be opened here";
  close( fd );
  return NULL;
}

char const *
handed_no_xdp( void ) {
  int fd = socket( AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0 );
  if( fd < 0 ) return "this kernel has no AF_XDP sockets";
  close( fd );
  return NULL;
}

pl_backend_t *
open_on( char const * backend, pl_device_t const * device, ... ) {
  pl_opt_t      opts[8];
  unsigned long cnt = 0UL;
  pl_err_t      err = { 0 };
  va_list       ap;
  va_start( ap, device );
  for( char const * name; cnt < 8UL && ( name = va_arg( ap, char const * ) ); cnt++ )
    opts[cnt] = (pl_opt_t){ .name = name, .num = va_arg( ap, double ) };
  va_end( ap );
  pl_backend_t * b = pl_backend_open_on( backend, opts, cnt, device, &err );
  if( b ) return b;
  CHECK_STR( err.sentence, "" );
  netns_device_close( device );
  return NULL;
}

pl_backend_t *
open_xdp( double ring ) {
  pl_device_t device;
  uint32_t    slots = 256U;
  if( ring == 0.0 ) ring = 1024.0;
  while( slots < (uint32_t)ring ) slots *= 2U;
  return handed_xdp( &device, (uint32_t)ring, slots ) ? open_on( "af_xdp", &device, "ring", ring, NULL ) : NULL;
}

pl_backend_t *
open_tap( void ) {
  pl_device_t device;
  return handed_tap( &device ) ? open_on( "tap", &device, NULL ) : NULL;
}
