#include "veth.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
failed( char const * what ) {
  fprintf( stderr, "%s: %s.\n", what, strerror( errno ) );
  return -1;
}

int
veth_ask( veth_t * self, pl_lab_req_t const * req, pl_lab_port_t * port, int fds[PL_LAB_FDS_MAX] ) {
  pl_lab_rep_t rep;
  pl_err_t     err = { 0 };
  if( pl_lab_request( self->lab, req, &rep, fds, &err ) ) {
    fprintf( stderr, "%s\n", err.sentence );
    return -1;
  }
  *port = rep.port;
  return 0;
}

/* The network namespace of that end: that of any socket on it. */
static int
space_of( veth_t * self, uint16_t end ) {
  pl_lab_req_t const req = { .op = PL_LAB_PACKET, .end = end };
  pl_lab_port_t      port;
  int                fds[PL_LAB_FDS_MAX];
  if( veth_ask( self, &req, &port, fds ) ) return -1;
  if( end == PL_LAB_END_A ) self->port = port;
  int ns = ioctl( fds[0], SIOCGSKNS );
  if( ns < 0 ) failed( "The lab's namespace cannot be entered" );
  close( fds[0] );
  return ns;
}

int
veth_open( veth_t * self, char const * helper, int * skip ) {
  *self = (veth_t){ .ns = { -1, -1 }, .counters = -1, .drop = { -1, -1 } };
  *skip = 1;
  if( geteuid() ) {
    fprintf( stderr, "It needs root, which drops frames in XDP and starts other senders in a namespace.\n" );
    return -1;
  }
  pl_err_t err = { 0 };
  if( !helper || !( self->lab = pl_lab_open( helper, 2U, VETH_MTU, &err ) ) ) {
    fprintf( stderr, "%s\n", helper ? err.sentence : "No lab: its helper program was not given." );
    return -1;
  }
  *skip = 0;
  for( uint16_t end = 0U; end < 2U; end++ )
    if( ( self->ns[end] = space_of( self, end ) ) < 0 ) return -1;
  if( setns( self->ns[0], CLONE_NEWNET ) ) return failed( "The lab's namespace cannot be entered" );
  self->counters = open( "/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC );
  return self->counters < 0 ? failed( "/proc/thread-self/net/dev" ) : 0;
}

void
veth_close( veth_t * self ) {
  int const fds[] = { self->ns[0], self->ns[1], self->counters, self->drop[0], self->drop[1] };
  for( unsigned i = 0U; i < sizeof( fds ) / sizeof( fds[0] ); i++ )
    if( fds[i] >= 0 ) close( fds[i] );
  pl_lab_close( self->lab );
}

static int
bpf( int cmd, union bpf_attr * attr ) {
  return (int)syscall( SYS_bpf, cmd, attr, sizeof( *attr ) );
}

int
veth_drop( veth_t * self, unsigned end, char const * name ) {
  struct bpf_insn const drop[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_DROP },
                                   { .code = BPF_JMP | BPF_EXIT } };
  union bpf_attr        load   = { .prog_type = BPF_PROG_TYPE_XDP,
                                   .insns     = (uintptr_t)drop,
                                   .insn_cnt  = sizeof( drop ) / sizeof( drop[0] ),
                                   .license   = (uintptr_t)"Apache-2.0" };
  int prog = bpf( BPF_PROG_LOAD, &load );
  if( prog < 0 ) return failed( "The XDP program that drops cannot be loaded" );
  /* A link, which goes with its descriptor. */
  setns( self->ns[end], CLONE_NEWNET );
  union bpf_attr link = { .link_create = { .prog_fd        = (uint32_t)prog,
                                           .target_ifindex = if_nametoindex( name ),
                                           .attach_type    = BPF_XDP,
                                           .flags          = XDP_FLAGS_DRV_MODE } };
  int drops           = bpf( BPF_LINK_CREATE, &link );
  int err             = errno;
  setns( self->ns[0], CLONE_NEWNET );
  close( prog );
  errno = err;
  self->drop[self->drop[0] >= 0] = drops;
  return drops < 0 ? failed( "The XDP program that drops cannot be put on the peer" ) : 0;
}

int
veth_socket( veth_t const * self, unsigned end, int domain, int type ) {
  setns( self->ns[end], CLONE_NEWNET );
  int fd  = socket( domain, type | SOCK_CLOEXEC, 0 );
  int err = errno;
  setns( self->ns[0], CLONE_NEWNET );
  errno = err;
  return fd;
}

/* The line of an interface: received bytes, packets, errors, dropped, four more; sent bytes,
   packets ... */
static void
read_line( veth_t const * self, char const * name, uint64_t value[16] ) {
  char text[4096];
  memset( value, 0, 16UL * sizeof( *value ) );
  ssize_t sz = pread( self->counters, text, sizeof( text ) - 1UL, 0 );
  text[sz < 0 ? 0 : sz] = '\0';
  char const * at = strstr( text, name );
  if( !at || !( at = strchr( at, ':' ) ) ) return;
  for( int i = 0, n = 0; i < 16 && sscanf( ++at, "%lu%n", &value[i], &n ) == 1; i++ ) at += n - 1;
}

uint64_t
veth_sent( veth_t const * self, char const * name ) {
  uint64_t value[16];
  read_line( self, name, value );
  return value[9];
}

uint64_t
veth_written( veth_t const * self ) {
  uint64_t value[16];
  read_line( self, "pl0t", value );
  return value[1] + value[3];
}

/* Writes 16 bits in network order. */
static void
put16( uint8_t * at, unsigned long value ) {
  at[0] = (uint8_t)( value >> 8 );
  at[1] = (uint8_t)value;
}

void
veth_frame( veth_t const * self, uint8_t * frame, unsigned long sz ) {
  memset( frame, 0, sz );
  memcpy( frame, self->port.peer_mac, 6UL );
  memcpy( frame + 6, self->port.mac, 6UL );
  frame[12] = 0x08; /* IPv4 */
  uint8_t * ip = frame + 14;
  ip[0]        = 0x45;
  put16( ip + 2, sz - 14UL );
  ip[8] = 64U; /* TTL */
  ip[9] = 17U; /* UDP */
  memcpy( ip + 12, &self->port.addr4, 4UL );
  memcpy( ip + 16, &self->port.peer_addr4, 4UL );
  unsigned sum = 0U;
  for( int i = 0; i < 20; i += 2 ) sum += (unsigned)ip[i] << 8 | ip[i + 1];
  sum = ( sum >> 16 ) + ( sum & 0xffffU );
  put16( ip + 10, ~( sum + ( sum >> 16 ) ) & 0xffffU );
  uint8_t * udp = ip + 20;
  put16( udp, VETH_PORT );
  put16( udp + 2, VETH_PORT );
  put16( udp + 4, sz - 34UL ); /* no checksum, which IPv4 allows */
}
