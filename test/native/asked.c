#include "asked.h"
#include "net/lab.h"
#include "tap.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

pl_lab_t * lab;

int
opened( unsigned pairs, unsigned mtu ) {
  pl_err_t err = { 0 };
  lab          = pl_lab_open( HELPER, pairs, mtu, &err );
  if( lab ) return 1;
  if( !strcmp( err.step, "user namespace" ) && geteuid() )
    tap_skip( "user namespaces are forbidden here" );
  else
    tap_check( 0, __FILE__, __LINE__, err.sentence );
  return 0;
}

pl_lab_req_t
ask_of( uint16_t op, unsigned end, uint32_t arg ) {
  return (pl_lab_req_t){ .op = op, .end = (uint16_t)end, .arg = { arg } };
}

int
ask( pl_lab_req_t req, pl_lab_rep_t * rep, int fds[PL_LAB_FDS_MAX] ) {
  pl_err_t err = { 0 };
  return pl_lab_request( lab, &req, rep, fds, &err ) ? err.err : 0;
}

int
one( pl_lab_req_t req, pl_lab_rep_t * rep ) {
  int fds[PL_LAB_FDS_MAX] = { -1, -1 };
  CHECK_EQ( ask( req, rep, fds ), 0 );
  CHECK_STR( rep->step, "" );
  CHECK_EQ( rep->fd_cnt, 1 );
  return fds[0];
}

pl_lab_port_t
port_of( unsigned pair, unsigned end, unsigned device ) {
  pl_lab_rep_t rep;
  int          fds[PL_LAB_FDS_MAX];
  pl_lab_req_t req = ask_of( PL_LAB_PORT, end, 0U );
  req.pair         = (uint16_t)pair;
  req.device       = (uint16_t)device;
  CHECK_EQ( ask( req, &rep, fds ), 0 );
  return rep.port;
}

pl_lab_port_t
done( uint16_t op, unsigned end, uint32_t arg ) {
  pl_lab_rep_t rep;
  int          fds[PL_LAB_FDS_MAX];
  CHECK_EQ( ask( ask_of( op, end, arg ), &rep, fds ), 0 );
  CHECK_STR( rep.step, "" );
  CHECK_EQ( rep.fd_cnt, 0 );
  return rep.port;
}

void
make_frame( uint8_t frame[60], pl_lab_port_t const * port, uint8_t mark ) {
  memset( frame, 0, 60UL );
  memcpy( frame, port->peer_mac, 6UL );
  memcpy( frame + 6, port->mac, 6UL );
  frame[12] = 0x88;
  frame[13] = 0xb5; /* local experimental EtherType 1 (IEEE 802) */
  frame[59] = mark;
}

int
arrives( int fd, uint8_t const frame[60] ) {
  uint8_t       got[256];
  struct pollfd wait = { .fd = fd, .events = POLLIN };
  if( poll( &wait, 1UL, 2000 ) != 1 ) return 0;
  return recv( fd, got, sizeof( got ), 0 ) == 60 && !memcmp( got, frame, 60UL );
}
