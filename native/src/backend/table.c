#include "backend/listener.h"
#include "os/os.h"
#include "receive/receiver.h"
#include "stage/chain.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static pl_backend_def_t const * const table[] = { &pl_backend_null, &pl_backend_loopback, &pl_backend_pcapng,
                                                  &pl_backend_udp,
#ifdef PL_OS_LINUX
                                                  &pl_backend_af_packet, &pl_backend_af_xdp, &pl_backend_tap,
#endif
};

pl_backend_def_t const * const *
pl_backend_table( unsigned long * cnt ) {
  *cnt = sizeof( table ) / sizeof( table[0] );
  return table;
}

pl_backend_def_t const *
pl_backend_find( char const * name ) {
  for( unsigned long i = 0; i < sizeof( table ) / sizeof( table[0] ); i++ )
    if( !strcmp( table[i]->name, name ) ) return table[i];
  return NULL;
}

char const *
pl_state_name( int state ) {
  switch( state ) {
  case PL_STATE_UP:        return "up";
  case PL_STATE_LINK_DOWN: return "link-down";
  case PL_STATE_REMOVED:   return "removed";
  case PL_STATE_FAILED:    return "failed";
  default:                 return "unknown";
  }
}

void
pl_err_set( pl_err_t * err, int errnum, char const * step, char const * fmt, ... ) {
  if( !err ) return;
  err->err  = errnum;
  err->step = step;
  va_list ap;
  va_start( ap, fmt );
  vsnprintf( err->sentence, sizeof( err->sentence ), fmt, ap );
  va_end( ap );
}

void
pl_frame_limit_text( uint64_t sz, uint64_t limit, uint64_t mtu, char * buf, unsigned long buf_sz ) {
  snprintf( buf, buf_sz, "Frame of %lu B is over the limit of %lu B (MTU %lu + 14 B Ethernet header%s).", sz, limit, mtu,
            limit > mtu + 14UL ? " + 4 B VLAN tag" : "" );
}

void
pl_buf_max_text( uint64_t sz, char * buf, unsigned long buf_sz ) {
  snprintf( buf, buf_sz, "Frame of %lu B is over 4096 B, the largest packet buffer.", sz );
}

void
pl_tiny_text( uint64_t sz, char * buf, unsigned long buf_sz ) {
  snprintf( buf, buf_sz, "Frame of %lu B is shorter than an Ethernet header (14 B).", sz );
}

/* The index of a word among those of a choice, or -1 with err. */
static int
choice_of( pl_backend_def_t const * def, pl_opt_def_t const * d, pl_opt_t const * o, pl_err_t * err ) {
  char   words[128] = "";
  size_t at         = 0UL;
  for( int i = 0; d->words[i]; i++ ) {
    if( o->str && !strcmp( o->str, d->words[i] ) ) return i;
    at += (size_t)snprintf( words + at, sizeof( words ) - at, "%s%s", i ? " or " : "", d->words[i] );
  }
  pl_err_set( err, 0, "options", "%s option %s is %s; what was given is not.", def->name, d->name, words );
  return -1;
}

/* One given option against its definition: 0, or -1 with err. */
static int
check_opt( pl_backend_def_t const * def, pl_opt_def_t const * d, pl_opt_t const * o, pl_err_t * err ) {
  if( d->kind == PL_OPT_OUTPUT ) {
    if( o->str && o->str[0] ) return 0;
    pl_err_set( err, 0, "options", "%s option %s needs the name of a file to write.", def->name, d->name );
    return -1;
  }
  if( d->kind == PL_OPT_INSTANCE ) {
    if( o->str && o->str[0] ) return 0;
    pl_err_set( err, 0, "options", "%s option %s needs the name of an instance.", def->name, d->name );
    return -1;
  }
  int whole = d->kind == PL_OPT_WHOLE || d->kind == PL_OPT_BYTES || d->kind == PL_OPT_DURATION;
  int is_max = d->kind == PL_OPT_RATE && !o->str && isinf( o->num ) && o->num > 0;
  if( !o->str && ( is_max || ( o->num >= d->min && o->num <= d->max && ( !whole || o->num == floor( o->num ) ) ) ) )
    return 0;
  pl_err_set( err, 0, "options", "%s option %s is a %s from %.15g to %.15g; what was given is not.", def->name,
              d->name, whole ? "whole number" : "number", d->min, d->max );
  return -1;
}

/* The backend of that name with its options checked and completed, or NULL with err. */
static pl_backend_def_t const *
read_opts( char const * name, pl_opt_t const * opts, unsigned long opt_cnt, pl_opt_vals_t * vals, pl_err_t * err ) {
  pl_backend_def_t const * def = name ? pl_backend_find( name ) : NULL;
  if( !def ) {
    pl_err_set( err, 0, "options", "There is no backend of that name." );
    return NULL;
  }
  *vals = (pl_opt_vals_t){ 0 };
  for( unsigned long j = 0; j < def->opt_cnt; j++ ) vals->num[j] = def->opts[j].dflt;
  for( unsigned long i = 0; i < opt_cnt; i++ ) {
    unsigned long j = 0;
    while( j < def->opt_cnt && strcmp( def->opts[j].name, opts[i].name ) ) j++;
    if( j == def->opt_cnt ) {
      pl_err_set( err, 0, "options", "%s has no option “%.40s”.", def->name, opts[i].name );
      return NULL;
    }
    if( def->opts[j].kind == PL_OPT_CHOICE ) {
      int index = choice_of( def, &def->opts[j], &opts[i], err );
      if( index < 0 ) return NULL;
      vals->num[j] = index;
      continue;
    }
    if( check_opt( def, &def->opts[j], &opts[i], err ) ) return NULL;
    vals->num[j] = opts[i].num;
    vals->str[j] = opts[i].str;
  }
  for( unsigned long j = 0; j < def->opt_cnt; j++ ) {
    if( !def->opts[j].required || vals->str[j] ) continue;
    pl_err_set( err, 0, "options", "%s needs option %s.", def->name, def->opts[j].name );
    return NULL;
  }
  return def;
}

pl_backend_t *
pl_backend_open( char const * name, pl_opt_t const * opts, unsigned long opt_cnt, int force, pl_err_t * err ) {
  pl_opt_vals_t            vals;
  pl_backend_def_t const * def = read_opts( name, opts, opt_cnt, &vals, err );
  if( def && !def->open )
    pl_err_set( err, ENODEV, "device", "%s needs an interface to send on: run it in a lab.", def->name );
  return def && def->open ? def->open( &vals, force, err ) : NULL;
}

pl_backend_t *
pl_backend_open_on( char const * name, pl_opt_t const * opts, unsigned long opt_cnt, struct pl_device const * device,
                    pl_err_t * err ) {
  pl_opt_vals_t            vals;
  pl_backend_def_t const * def = read_opts( name, opts, opt_cnt, &vals, err );
  if( def && !def->open_on ) pl_err_set( err, ENODEV, "device", "%s takes no interface.", def->name );
#ifdef PL_OS_LINUX
  if( def && def->open_on && pl_listener_fits( def, device ) ) return pl_listener_open( def, &vals, device, err );
#endif
  return def && def->open_on ? def->open_on( &vals, device, err ) : NULL;
}

int
pl_backend_join( pl_backend_t * self, char const * name, pl_err_t * err ) {
  return self->def->join ? self->def->join( self, name, err ) : 0;
}

int
pl_backend_set_peer_out( pl_backend_t * self, pl_backend_t * file, pl_err_t * err ) {
  if( !self->receives ) {
    pl_err_set( err, 0, "options", "%s has no far end that receives here, so there is no peer to record.", self->def->name );
    return -1;
  }
  pl_recorder_t * recorder = self->recorder ? NULL : pl_recorder_new( file );
  if( !recorder ) {
    pl_err_set( err, 0, "memory", "The peer of %s cannot be recorded: it is already, or memory ran out.",
                self->def->name );
    return -1;
  }
  self->recorder = recorder;
  return 0;
}

void
pl_backend_close( pl_backend_t * self ) {
  if( !self ) return;
  pl_recorder_t * recorder = self->recorder;
  pl_receiver_t * receiver = self->receiver;
  pl_chain_delete( self );
  self->def->close( self ); /* may still deliver to recorder and receiver */
  if( recorder ) pl_recorder_delete( recorder );
  pl_receiver_delete( receiver );
}
