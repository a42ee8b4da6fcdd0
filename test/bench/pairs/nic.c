/* nic: a whole run of a backend on the veth pair of a lab (one template or a capture, rate
   max, flush with every batch, all statistics, opened as the lab opens it), against a bare
   sender of the same or another method.

     nic:OURS,BARE[,read]

   The peer drops each frame in XDP, or (read) a datagram socket on the other CPU reads.
   What a run says it has sent is compared with what the kernel has counted: more than one
   frame in a thousand apart is a failure. */

#include "nic.h"
#include "datagrams.h"
#include "run/clock.h"
#include "run/source.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define XDP_FRAMES (1024U) /* as the lab opens it for the option's default */

typedef struct {
  char const * name;
  char const * backend;
  pl_opt_t     opts[2];
  unsigned     opt_cnt;
  uint16_t     op;      /* what the lab is asked for */
  int          capture; /* sends a file instead of a template */
} ours_t;

#define AF_PACKET_WAY( mode, bypass ) { { "mode", 0, mode }, { "qdisc-bypass", 0, bypass } }, 2U, PL_LAB_PACKET

static ours_t const all_ours[] = {
    { "sendmmsg", "af_packet", AF_PACKET_WAY( "sendmmsg", "off" ), 0 },
    { "sendmmsg-bypass", "af_packet", AF_PACKET_WAY( "sendmmsg", "on" ), 0 },
    { "sendmmsg-bypass-capture", "af_packet", AF_PACKET_WAY( "sendmmsg", "on" ), 1 },
    { "tx-ring", "af_packet", AF_PACKET_WAY( "tx-ring", "off" ), 0 },
    { "tx-ring-bypass", "af_packet", AF_PACKET_WAY( "tx-ring", "on" ), 0 },
    { "tx-ring-bypass-capture", "af_packet", AF_PACKET_WAY( "tx-ring", "on" ), 1 },
    { "af_xdp", "af_xdp", { { "mode", 0, "copy" } }, 1U, PL_LAB_XDP, 0 },
    { "tap", "tap", { { 0 } }, 0U, PL_LAB_TAP, 0 },
    { "udp", "udp", { { "gso", 0, "off" } }, 1U, PL_LAB_UDP, 0 },
    { "udp-gso", "udp", { { "gso", 0, "on" } }, 1U, PL_LAB_UDP, 0 } };

static sender_t const * const all_bare[] = {
    &sender_sendmmsg, &sender_sendmmsg_bypass, &sender_tx_ring, &sender_tx_ring_bypass, &sender_af_xdp, &sender_tap,
    &sender_udp,      &sender_udp_gso,         &sender_trafgen, &sender_tcpreplay,      &sender_testpmd };

typedef struct {
  nic_t            nic; /* first: senders know it only */
  ours_t const *   ours;
  sender_t const * bare;
  datagrams_t *    reader; /* NULL: the peer drops */
  int              bare_open;
  int              capture_fd;
  char             capture[NIC_PATH_MAX];
} nic_pair_t;

int
nic_ask( nic_t * nic, uint16_t op, uint32_t arg0, uint32_t arg1, pl_lab_port_t * port, int fds[PL_LAB_FDS_MAX] ) {
  pl_lab_req_t const req = { .op = op, .end = PL_LAB_END_A, .arg = { arg0, arg1 } };
  return veth_ask( &nic->veth, &req, port, fds );
}

/* Finds the two sides by their names. */
static int
choose( nic_pair_t * self, char const * of, int * read ) {
  char words[3][64] = { "", "", "" };
  if( sscanf( of, "%63[^,],%63[^,],%63s", words[0], words[1], words[2] ) < 2 ) words[0][0] = '\0';
  for( unsigned i = 0U; i < sizeof( all_ours ) / sizeof( all_ours[0] ); i++ )
    if( !strcmp( all_ours[i].name, words[0] ) ) self->ours = &all_ours[i];
  for( unsigned i = 0U; i < sizeof( all_bare ) / sizeof( all_bare[0] ); i++ )
    if( !strcmp( all_bare[i]->name, words[1] ) ) self->bare = all_bare[i];
  *read = !strcmp( words[2], "read" );
  if( self->ours && self->bare ) return 0;
  fprintf( stderr, "There is no measurement nic:%s.\n", of );
  return -1;
}

static int
keep_shared( nic_t * nic, ours_t const * ours ) {
  int           fds[PL_LAB_FDS_MAX] = { -1, -1 };
  pl_lab_port_t port;
  if( ours->op == PL_LAB_TAP && nic_ask( nic, PL_LAB_TAP, VETH_MTU, 0U, &port, fds ) ) return -1;
  if( ours->op == PL_LAB_XDP && nic_ask( nic, PL_LAB_XDP, XDP_FRAMES, XDP_FRAMES, &port, fds ) ) return -1;
  nic->send_fd = fds[0];
  nic->mem_fd  = fds[1];
  return 0;
}

static void
nic_close( void * ctx ) {
  nic_pair_t * self = ctx;
  if( self->bare_open ) self->bare->close( &self->nic );
  datagrams_close( self->reader );
  if( self->nic.send_fd >= 0 ) close( self->nic.send_fd );
  if( self->nic.mem_fd >= 0 ) close( self->nic.mem_fd );
  if( self->capture_fd >= 0 ) close( self->capture_fd );
  veth_close( &self->nic.veth );
  free( self );
}

static void *
nic_open( pair_cfg_t const * cfg, int * skip ) {
  int          read = 0;
  nic_pair_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) return NULL;
  nic_t * nic  = &self->nic;
  nic->batch   = cfg->batch;
  nic->sz      = cfg->sz;
  nic->send_fd = nic->mem_fd = -1;
  self->capture_fd = -1;
  if( choose( self, cfg->of, &read ) || nic->batch > NIC_BATCH_MAX ) {
    free( self );
    return NULL;
  }
  int is_tap = self->ours->op == PL_LAB_TAP;
  if( self->bare->is_program ) pair_pin( 0 );
  int failed = veth_open( &nic->veth, cfg->helper, skip );
  if( !failed ) {
    veth_frame( &nic->veth, nic->frame, nic->sz );
    failed = keep_shared( nic, self->ours ) || ( self->ours->capture && ( self->capture_fd = nic_capture( nic, self->capture ) ) < 0 );
  }
  if( !failed && !read ) failed = veth_drop( &nic->veth, is_tap ? PL_LAB_END_A : PL_LAB_END_B, is_tap ? "pl0t" : "pl0b" );
  if( !failed && read ) failed = !( self->reader = datagrams_open( &nic->veth ) );
  if( !failed ) failed = self->bare->open( nic );
  self->bare_open = !failed;
  if( !failed ) return self;
  nic_close( self );
  return NULL;
}

/* The device of a run, with a receiver that counts as in any lab. */
static int
open_device( nic_pair_t * self, pl_device_t * device ) {
  nic_t *        nic                 = &self->nic;
  uint16_t const op                  = self->ours->op;
  int            fds[PL_LAB_FDS_MAX] = { -1, -1 };
  pl_lab_port_t  unused;
  pl_lab_req_t   receiver = { .op = PL_LAB_PACKET, .end = PL_LAB_END_B, .arg = { ETH_P_ALL } };
  *device                 = (pl_device_t){ .send_fd = -1, .tag_fd = -1, .mem_fd = -1, .recv_fd = -1, .monitor = pl_lab_monitor( nic->veth.lab ) };
  if( op == PL_LAB_PACKET || op == PL_LAB_UDP ) {
    if( nic_ask( nic, op, op == PL_LAB_UDP ? AF_INET : 0U, 0U, &device->port, fds ) ) return -1;
    device->send_fd = fds[0];
    if( op == PL_LAB_PACKET && nic_ask( nic, op, 0U, 0U, &device->port, fds ) ) return -1;
    if( op == PL_LAB_PACKET ) device->tag_fd = fds[0];
  } else {
    pl_lab_req_t const look = { .op = PL_LAB_PORT, .device = op == PL_LAB_TAP ? PL_LAB_TUN : PL_LAB_VETH };
    if( veth_ask( &nic->veth, &look, &device->port, fds ) ) return -1;
    device->send_fd = dup( nic->send_fd );
    device->mem_fd  = nic->mem_fd < 0 ? -1 : dup( nic->mem_fd );
  }
  if( op == PL_LAB_UDP ) return 0; /* the lab counts no datagrams */
  if( op == PL_LAB_TAP ) receiver = (pl_lab_req_t){ .op = PL_LAB_PACKET, .device = PL_LAB_TUN, .arg = { ETH_P_ALL } };
  if( veth_ask( &nic->veth, &receiver, &unused, fds ) ) return -1;
  device->recv_fd = fds[0];
  return 0;
}

static void
close_device( pl_device_t const * device ) {
  int const fds[] = { device->send_fd, device->tag_fd, device->mem_fd, device->recv_fd };
  for( unsigned i = 0U; i < sizeof( fds ) / sizeof( fds[0] ); i++ )
    if( fds[i] >= 0 ) close( fds[i] );
}

static uint64_t
kernel_count( nic_pair_t const * self ) {
  return self->ours->op == PL_LAB_TAP ? veth_written( &self->nic.veth ) : veth_sent( &self->nic.veth, "pl0a" );
}

/* What was counted is what was moved.  A segmented packet that nobody has cut is one to the
   kernel, so with a reader there is nothing to compare. */
static int
check_count( nic_pair_t const * self, char const * who, uint64_t said, uint64_t before ) {
  uint64_t const moved = kernel_count( self ) - before;
  uint64_t const apart = said > moved ? said - moved : moved - said;
  if( self->reader || apart * 1000UL <= said ) return 0;
  fprintf( stderr, "%s says %lu frames, and the kernel has counted %lu.\n", who, said, moved );
  return -1;
}

static double
nic_ours( void * ctx, uint64_t * units ) {
  nic_pair_t *       self   = ctx;
  nic_t *            nic    = &self->nic;
  ours_t const *     ours   = self->ours;
  uint8_t const *    frame  = nic->frame;
  uint32_t const     sz     = (uint32_t)nic->sz;
  uint64_t const     before = kernel_count( self );
  pl_err_t           err    = { 0 };
  pl_counters_t      warm   = { 0 };
  pl_counters_t      did    = { 0 };
  pl_run_cfg_t const cfg    = {
         .batch = nic->batch, .duration_ns = NIC_WARM_NS + NIC_TURN_NS, .flush_every = 1UL, .stall_ns = 10000000000UL };
  pl_device_t    device;
  pl_backend_t * backend = open_device( self, &device ) ? NULL : pl_backend_open_on( ours->backend, ours->opts, ours->opt_cnt, &device, &err );
  if( !backend ) close_device( &device );
  pl_source_t * source = !backend        ? NULL
                         : ours->capture ? pl_source_capture( self->capture, nic->batch, &err )
                                         : pl_source_templates( &frame, &sz, 1UL, &err );
  if( !source ) fprintf( stderr, "%s\n", err.sentence );
  int failed = !source || run_through( backend, source, &cfg, NIC_WARM_NS, &warm, &did );
  pl_backend_close( backend );
  *units = did.taken - warm.taken;
  failed = failed || check_count( self, "The run", did.taken, before );
  return failed ? -1.0 : (double)( did.settled_ns - warm.t_ns );
}

static double
nic_bare( void * ctx, uint64_t * units ) {
  nic_pair_t *   self   = ctx;
  uint64_t       before = kernel_count( self );
  uint64_t       warm   = 0UL;
  double         ns     = self->bare->is_program ? 0.0 : self->bare->turn( &self->nic, NIC_WARM_NS, &warm );
  if( ns >= 0.0 ) ns = self->bare->turn( &self->nic, NIC_TURN_NS, units );
  before += warm;
  return ns < 0.0 || ( !self->bare->is_program && check_count( self, "The bare loop", *units, before ) ) ? -1.0 : ns;
}

pair_t const pair_nic = { .name = "nic", .open = nic_open, .ours = nic_ours, .bare = nic_bare, .close = nic_close };
