#include "device.h"
#include "descriptor.h"
#include "handles.h"
#include "net/lab.h"
#include "net/monitor.h"
#include "pl_device.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* An IPv4 address, "" for none. */
static int
read_address( napi_env env, napi_value obj, char const * member, uint32_t * addr4 ) {
  napi_value v;
  if( pl_member( env, obj, member, &v ) ) return -1;
  char * text = pl_arg_string( env, v, member );
  if( !text ) return -1;
  int bad = text[0] && inet_pton( AF_INET, text, addr4 ) != 1;
  free( text );
  return bad ? pl_throw( env, "%s is an IPv4 address or nothing.", member ) : 0;
}

/* {name, ifindex, mtu, up, carrier, address, peerAddress}; other members are not looked
   at. */
static int
read_port( napi_env env, napi_value obj, pl_lab_port_t * port ) {
  napi_value v;
  uint64_t   ifindex, mtu;
  int        up, carrier;
  if( pl_member( env, obj, "ifindex", &v ) || pl_arg_whole( env, v, "ifindex", 1, INT32_MAX, &ifindex ) ||
      pl_member( env, obj, "mtu", &v ) || pl_arg_whole( env, v, "mtu", 0, UINT32_MAX, &mtu ) ||
      pl_member( env, obj, "up", &v ) || pl_arg_bool( env, v, "up", &up ) ||
      pl_member( env, obj, "carrier", &v ) || pl_arg_bool( env, v, "carrier", &carrier ) ||
      pl_member( env, obj, "name", &v ) )
    return -1;
  char * name = pl_arg_string( env, v, "interface name" );
  if( !name ) return -1;
  *port = (pl_lab_port_t){ .ifindex = (uint32_t)ifindex, .mtu = (uint32_t)mtu, .up = (uint32_t)up, .carrier = (uint32_t)carrier };
  snprintf( port->name, sizeof( port->name ), "%s", name );
  free( name );
  return read_address( env, obj, "address", &port->addr4 ) || read_address( env, obj, "peerAddress", &port->peer_addr4 ) ? -1 : 0;
}

/* The descriptor in v, or none.  0, or -1 (thrown). */
static int
take( napi_env env, napi_value v, int * fd ) {
  if( pl_is_null( env, v ) ) return 0;
  *fd = pl_descriptor_take( env, v );
  return *fd < 0 ? -1 : 0;
}

struct pl_device *
pl_device_read( napi_env env, napi_value obj ) {
  pl_device_t d = { .send_fd = -1, .tag_fd = -1, .recv_fd = -1, .mem_fd = -1 };
  napi_value  lab, port, end, send, tagged, receive, memory;
  uint64_t    which;
  /* All members first: reading one may run a program, which may close what another is. */
  if( pl_member( env, obj, "lab", &lab ) || pl_member( env, obj, "port", &port ) || pl_member( env, obj, "end", &end ) ||
      pl_member( env, obj, "send", &send ) || pl_member( env, obj, "tagged", &tagged ) || pl_member( env, obj, "receive", &receive ) ||
      pl_member( env, obj, "memory", &memory ) || pl_arg_whole( env, end, "end", 0, 1, &which ) ||
      read_port( env, port, &d.port ) )
    return NULL;
  pl_lab_handle_t * h = pl_handle_get( env, lab, &pl_lab_tag, "a lab" );
  if( !h ) return NULL;
  if( !h->lab || h->closing ) return pl_throw( env, "The lab is closed." ), NULL;
  pl_device_t * self = malloc( sizeof( *self ) );
  if( !self ) return pl_throw( env, "The interface could not be taken over: out of memory." ), NULL;
  d.end     = (unsigned)which;
  d.monitor = pl_monitor_hold( pl_lab_monitor( h->lab ) );
  int bad   = take( env, send, &d.send_fd ) || take( env, tagged, &d.tag_fd ) || take( env, receive, &d.recv_fd ) || take( env, memory, &d.mem_fd );
  *self     = d;
  if( !bad ) return self;
  pl_device_free( self, 0 );
  return NULL;
}

void
pl_device_free( struct pl_device * device, int given ) {
  if( !device ) return;
  pl_monitor_release( device->monitor );
  int const fds[] = { device->send_fd, device->tag_fd, device->recv_fd, device->mem_fd };
  for( int i = 0; !given && i < 4; i++ )
    if( fds[i] >= 0 ) close( fds[i] );
  free( device );
}
