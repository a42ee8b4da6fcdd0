/* The window over the file, the choice of the format, and everything public. */

#include "capture/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Holds the largest frame given out together with its block. */
#define BUF_SZ ( 4UL * PL_CAPTURE_FRAME_MAX )

int
pl_capture_fill( pl_capture_t * self, unsigned long n ) {
  memmove( self->buf, self->buf + self->at, self->len - self->at );
  self->base += self->at;
  self->len -= self->at;
  self->at = 0UL;
  while( self->len < n ) {
    ssize_t got = pread( self->fd, self->buf + self->len, BUF_SZ - self->len, (off_t)( self->base + self->len ) );
    if( got < 0 && errno == EINTR ) continue;
    if( got < 0 ) return pl_capture_damaged( self, pl_capture_pos( self ), "cannot be read: %s", strerror( errno ) );
    if( !got ) return self->len ? -1 : 0;
    self->len += (unsigned long)got;
  }
  return 1;
}

int
pl_capture_skip( pl_capture_t * self, uint64_t n ) {
  unsigned long here = self->len - self->at;
  if( n <= here ) {
    self->at += n;
    return 0;
  }
  struct stat st;
  uint64_t    to = pl_capture_pos( self ) + n;
  if( fstat( self->fd, &st ) || to > (uint64_t)st.st_size ) return -1;
  self->base = to;
  self->at = self->len = 0UL;
  return 0;
}

int
pl_capture_damaged( pl_capture_t * self, uint64_t offset, char const * fmt, ... ) {
  if( self->problem[0] ) return -1;
  char    what[200];
  va_list ap;
  va_start( ap, fmt );
  vsnprintf( what, sizeof( what ), fmt, ap );
  va_end( ap );
  if( self->frames )
    snprintf( self->problem, sizeof( self->problem ), "%s: the block at byte offset %lu %s; the %lu frame%s before it %s kept.",
              self->name, offset, what, self->frames, self->frames == 1UL ? "" : "s", self->frames == 1UL ? "is" : "are" );
  else
    snprintf( self->problem, sizeof( self->problem ), "%s: the block at byte offset %lu %s; no frame comes before it.",
              self->name, offset, what );
  return -1;
}

static void
set_name( pl_capture_t * self, char const * path ) {
  char const * slash = strrchr( path, '/' );
  snprintf( self->name, sizeof( self->name ), "%s", slash && slash[1] ? slash + 1 : path );
}

/* Decides the format by the first bytes.  0, or -1 with err. */
static int
recognise( pl_capture_t * self, pl_err_t * err ) {
  static char const * const magic_help = "is neither pcap nor pcapng";
  uint8_t const * p   = self->buf;
  int             got = pl_capture_need( self, 4UL );
  if( got == 0 ) {
    pl_err_set( err, 0, "read capture", "%s is empty (0 bytes): not a capture.", self->name );
    return -1;
  }
  uint32_t magic = 0U;
  if( got == 1 ) memcpy( &magic, p, 4UL );
  if( magic == 0x0a0d0d0aU ) {
    self->format = PL_FORMAT_PCAPNG;
    return 0;
  }
  if( magic == 0xa1b2c3d4U || magic == 0xa1b23c4dU || magic == 0xd4c3b2a1U || magic == 0x4d3cb2a1U ) {
    self->format = PL_FORMAT_PCAP;
    self->swap   = magic == 0xd4c3b2a1U || magic == 0x4d3cb2a1U;
    self->nano   = magic == 0xa1b23c4dU || magic == 0x4d3cb2a1U;
    return pl_pcap_header( self );
  }
  if( self->problem[0] ) return -1;
  if( got == 1 && p[0] == 0x1f && p[1] == 0x8b )
    pl_err_set( err, 0, "read capture", "%s is compressed with gzip; unpack it first (gunzip).", self->name );
  else if( got == 1 && magic == 0xfd2fb528U )
    pl_err_set( err, 0, "read capture", "%s is compressed with zstd; unpack it first (unzstd).", self->name );
  else if( got == 1 && magic == 0x184d2204U )
    pl_err_set( err, 0, "read capture", "%s is compressed with lz4; unpack it first (unlz4).", self->name );
  else if( got == 1 && ( magic == 0xa1b2cd34U || magic == 0x34cdb2a1U ) )
    pl_err_set( err, 0, "read capture", "%s is a modified pcap (Kuznetzov); convert it first (editcap -F pcap).",
                self->name );
  else
    pl_err_set( err, 0, "read capture", "%s %s (it starts with %02x %02x %02x %02x).", self->name, magic_help, p[0],
                got == 1 || self->len > 1UL ? p[1] : 0, got == 1 || self->len > 2UL ? p[2] : 0, got == 1 ? p[3] : 0 );
  return -1;
}

pl_capture_t *
pl_capture_open( char const * path, pl_err_t * err ) {
  pl_capture_t * self = calloc( 1UL, sizeof( *self ) );
  if( self ) self->buf = malloc( BUF_SZ );
  if( !self || !self->buf ) {
    free( self );
    pl_err_set( err, ENOMEM, "memory", "The capture could not be opened: out of memory." );
    return NULL;
  }
  set_name( self, path );
  self->fd    = open( path, O_RDONLY | O_CLOEXEC | O_NONBLOCK );
  self->ended = 1;
  struct stat st;
  if( self->fd < 0 || fstat( self->fd, &st ) ) {
    pl_err_set( err, errno, "open", "%.200s cannot be opened: %s.", path, strerror( errno ) );
    goto fail;
  }
  if( !S_ISREG( st.st_mode ) ) {
    pl_err_set( err, 0, "open", "%.200s is %s; a capture is a regular file.", path,
                S_ISDIR( st.st_mode ) ? "a folder" : "a pipe or device" );
    goto fail;
  }
  self->file_sz = (uint64_t)st.st_size;
  if( recognise( self, err ) ) {
    if( self->problem[0] ) pl_err_set( err, 0, "read capture", "%s", self->problem );
    goto fail;
  }
  self->first = pl_capture_pos( self );
  return self;

fail:
  pl_capture_close( self );
  return NULL;
}

void
pl_capture_close( pl_capture_t * self ) {
  if( !self ) return;
  if( self->fd >= 0 ) close( self->fd );
  free( self->ifaces );
  free( self->buf );
  free( self );
}

int
pl_capture_next( pl_capture_t * self, pl_frame_t * frame ) {
  if( self->ended != 1 ) return self->ended;
  int ret = self->format == PL_FORMAT_PCAP ? pl_pcap_next( self, frame ) : pl_pcapng_next( self, frame );
  if( ret == 1 )
    self->frames++;
  else
    self->ended = ret;
  return ret;
}

int
pl_capture_rewind( pl_capture_t * self ) {
  self->ended      = 1;
  self->frames     = 0UL;
  self->iface_cnt  = 0UL;
  self->base       = self->first;
  self->at         = 0UL;
  self->len        = 0UL;
  self->problem[0] = '\0';
  return 0;
}

char const *
pl_capture_problem( pl_capture_t const * self ) {
  return self->problem;
}

int
pl_capture_format( pl_capture_t const * self ) {
  return self->format;
}

uint64_t
pl_capture_file_sz( pl_capture_t const * self ) {
  return self->file_sz;
}

char const *
pl_linktype_name( uint16_t link, char * buf, unsigned long buf_sz ) {
  static struct {
    uint16_t     link;
    char const * name;
  } const names[] = {
      { 0, "BSD loopback (NULL)" }, { 1, "Ethernet" },          { 6, "Token Ring" },
      { 9, "PPP" },                 { 50, "PPP over serial" },  { 101, "raw IP" },
      { 104, "Cisco HDLC" },        { 105, "IEEE 802.11" },     { 107, "Frame Relay" },
      { 108, "OpenBSD loopback" },  { 113, "Linux cooked v1" }, { 117, "pflog" },
      { 127, "802.11 radiotap" },   { 147, "user 0" },          { 187, "Bluetooth HCI" },
      { 189, "USB" },               { 195, "IEEE 802.15.4" },   { 220, "Linux USB" },
      { 227, "CAN (SocketCAN)" },   { 228, "raw IPv4" },        { 229, "raw IPv6" },
      { 249, "USBPcap" },           { 253, "Netlink" },         { 276, "Linux cooked v2" },
  };
  for( unsigned long i = 0UL; i < sizeof( names ) / sizeof( names[0] ); i++ ) {
    if( names[i].link != link ) continue;
    snprintf( buf, buf_sz, link == PL_LINKTYPE_ETHERNET ? "%s" : "%s (link type %u)", names[i].name, (unsigned)link );
    return buf;
  }
  snprintf( buf, buf_sz, "link type %u", (unsigned)link );
  return buf;
}
