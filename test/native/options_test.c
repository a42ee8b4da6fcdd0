/* Options: everything that is not right is refused in a sentence, for every
   option of every backend, and nothing is made on the way. */

#include "files.h"
#include "opened.h"
#include "os/os.h"
#include "tap.h"

#include <math.h>
#include <stdio.h>

#define TWO_53 (9007199254740992.0)

/* One option of a backend. */
typedef struct {
  pl_backend_def_t const * def;
  pl_opt_def_t const *     opt;
} option_t;

/* A backend that needs a device opens on none here: its options are right when the device
   is all that is missing. */
static int
only_the_device_is_missing( pl_backend_def_t const * def, pl_err_t const * err ) {
  return !def->open && !strcmp( err->step, "device" );
}

/* Opens with one more option than those that the backend needs. */
static pl_backend_t *
open_with( pl_backend_def_t const * def, pl_opt_t const * opt, char const * path, pl_err_t * err ) {
  pl_opt_t      opts[2];
  unsigned long cnt     = 0UL;
  pl_opt_t      need    = { .name = "file", .str = path };
  int           is_file = !strcmp( def->name, "pcapng" );
  if( is_file && strcmp( opt->name, "file" ) ) opts[cnt++] = need;
  opts[cnt++] = *opt;
  *err        = (pl_err_t){ .err = -1 };
  return pl_backend_open( def->name, opts, cnt, 0, err );
}

static void
refused( pl_backend_def_t const * def, char const * name, double num, char const * str ) {
  pl_err_t       err;
  char const *   path = files_new();
  pl_opt_t const opt  = { .name = name, .num = num, .str = str };
  pl_backend_t * b    = open_with( def, &opt, path, &err );
  if( b ) {
    printf( "# %s %s=%g \"%s\" was accepted\n", def->name, name, num, str ? str : "" );
    CHECK( !b );
    pl_backend_close( b );
    return;
  }
  CHECK_STR( err.step, "options" );
  CHECK_EQ( err.err, 0 );
  CHECK_HAS( err.sentence, def->name );
  CHECK_HAS( err.sentence, name );
  CHECK( err.sentence[strlen( err.sentence ) - 1UL] == '.' );
  CHECK_EQ( file_sz( path ), -1L ); /* no file was begun */
}

static void
accepted( pl_backend_def_t const * def, char const * name, double num ) {
  pl_err_t       err;
  char const *   path = files_new();
  pl_opt_t const opt  = { .name = name, .num = num };
  pl_backend_t * b    = open_with( def, &opt, path, &err );
  if( !b && !only_the_device_is_missing( def, &err ) ) CHECK_STR( err.sentence, "" );
  pl_backend_close( b );
}

static void
number_option( void const * arg ) {
  option_t const *         of    = arg;
  pl_backend_def_t const * def   = of->def;
  pl_opt_def_t const *     o     = of->opt;
  int                      whole = o->kind == PL_OPT_WHOLE || o->kind == PL_OPT_BYTES || o->kind == PL_OPT_DURATION;
  int                      rate  = o->kind == PL_OPT_RATE;
  CHECK( o->min < o->max );
  CHECK( rate || ( o->dflt >= o->min && o->dflt <= o->max ) );

  accepted( def, o->name, o->min );
  accepted( def, o->name, o->max );
  accepted( def, o->name, o->dflt );
  if( rate ) accepted( def, o->name, INFINITY );
  else refused( def, o->name, INFINITY, NULL );
  if( !whole ) accepted( def, o->name, o->min + ( o->max - o->min ) / 3.0 );

  refused( def, o->name, NAN, NULL );
  refused( def, o->name, -NAN, NULL );
  refused( def, o->name, -INFINITY, NULL );
  refused( def, o->name, TWO_53, NULL );
  refused( def, o->name, -TWO_53, NULL );
  refused( def, o->name, 1e300, NULL );
  refused( def, o->name, o->min - 1.0, NULL );
  refused( def, o->name, nextafter( o->min, -INFINITY ), NULL );
  refused( def, o->name, nextafter( o->max, INFINITY ), NULL );
  if( whole ) {
    refused( def, o->name, o->min + 0.5, NULL );
    refused( def, o->name, nextafter( o->min + 1.0, INFINITY ), NULL );
  }
  refused( def, o->name, 1.0, "1" ); /* text is no number */
  refused( def, o->name, 1.0, "" );
  refused( def, o->name, INFINITY, "max" );
}

static void
path_option( void const * arg ) {
  option_t const * of = arg;
  refused( of->def, of->opt->name, 0.0, NULL );
  refused( of->def, of->opt->name, 42.0, NULL );
  refused( of->def, of->opt->name, 0.0, "" );
  pl_err_t err;
  CHECK( !pl_backend_open( of->def->name, NULL, 0UL, 0, &err ) );
  CHECK_STR( err.sentence, "pcapng needs option file." );
}

static void
instance_option( void const * arg ) {
  option_t const * of = arg;
  refused( of->def, of->opt->name, 0.0, NULL );
  refused( of->def, of->opt->name, INFINITY, NULL );
  refused( of->def, of->opt->name, 0.0, "" );
  pl_err_t       err;
  pl_opt_t const opt = { .name = of->opt->name, .str = "somebody who is not there yet" };
  pl_backend_t * b   = open_with( of->def, &opt, "", &err );
  CHECK( b );
  pl_backend_close( b );
}

static void
choice_option( void const * arg ) {
  option_t const *     of = arg;
  pl_opt_def_t const * o  = of->opt;
  pl_err_t             err;
  CHECK( o->words && o->words[0] && o->words[1] );
  for( int i = 0; o->words[i]; i++ ) {
    pl_opt_t const opt = { .name = o->name, .str = o->words[i] };
    CHECK( i <= (int)o->max );
    pl_backend_t * b = open_with( of->def, &opt, "", &err );
    CHECK( b || only_the_device_is_missing( of->def, &err ) );
    pl_backend_close( b );
  }
  char const * const wrong[] = { NULL, "", "0", "1", "true", "OFF", "off ", "tx_ring", "sendmmsg,tx-ring", "%s%n" };
  for( unsigned long i = 0UL; i < sizeof( wrong ) / sizeof( wrong[0] ); i++ ) refused( of->def, o->name, 1.0, wrong[i] );
}

static void
unknown( void const * arg ) {
  pl_backend_def_t const * def     = arg;
  char const * const       names[] = { "", "rings", "Ring", "RING", "ring ", "fil", "__proto__", "%s%n", "attached" };
  for( unsigned long i = 0UL; i < sizeof( names ) / sizeof( names[0] ); i++ ) {
    refused( def, names[i], 1.0, NULL );
    refused( def, names[i], 1.0, "text" );
  }
  char           long_name[5000];
  pl_err_t       err;
  pl_opt_t const opt = { .name = long_name, .num = 1.0 };
  memset( long_name, 'x', sizeof( long_name ) - 1UL );
  long_name[sizeof( long_name ) - 1UL] = '\0';
  CHECK( !pl_backend_open( def->name, &opt, 1UL, 0, &err ) );
  CHECK( strlen( err.sentence ) < PL_SENTENCE_MAX );
  CHECK( !pl_backend_open( def->name, &opt, 1UL, 0, NULL ) ); /* nobody wants to know why */
}

static void
backends( void ) {
  char const * const names[] = { "", "Null", "loop", "loopback ", "pcap", "../null", "%s" };
  pl_err_t           err;
  for( unsigned long i = 0UL; i < sizeof( names ) / sizeof( names[0] ); i++ ) {
    CHECK( !pl_backend_find( names[i] ) );
    CHECK( !pl_backend_open( names[i], NULL, 0UL, 0, &err ) );
    CHECK_STR( err.sentence, "There is no backend of that name." );
  }
  CHECK( !pl_backend_open( NULL, NULL, 0UL, 0, &err ) );
  CHECK( pl_backend_find( "null" ) == &pl_backend_null );
  CHECK( pl_backend_find( "loopback" ) == &pl_backend_loopback );
  CHECK( pl_backend_find( "pcapng" ) == &pl_backend_pcapng );
}

/* What every backend's table has to have. */
static void
tables( void ) {
  unsigned long                    cnt;
  pl_backend_def_t const * const * table = pl_backend_table( &cnt );
#ifdef PL_OS_LINUX
  CHECK_EQ( cnt, 7UL );
#else
  CHECK_EQ( cnt, 4UL );
#endif
  for( unsigned long i = 0UL; i < cnt; i++ ) {
    pl_backend_def_t const * def = table[i];
    CHECK( def->name && ( def->open || def->open_on ) && def->close && def->cause_text );
    CHECK( pl_backend_find( def->name ) == def );
    CHECK( def->opt_cnt <= PL_OPT_MAX );
    CHECK( !def->service || def->idle ); /* what is moved later can be asked whether it is through */
    for( unsigned long j = 0UL; j < def->opt_cnt; j++ ) {
      CHECK( def->opts[j].kind >= 0 && def->opts[j].kind < PL_OPT_KIND_CNT );
      CHECK( !def->opts[j].required || def->opts[j].kind == PL_OPT_OUTPUT );
      for( unsigned long k = 0UL; k < j; k++ ) CHECK( strcmp( def->opts[j].name, def->opts[k].name ) );
    }
    /* Causes are sentences, known or not; they fit into what is given. */
    for( int id = -1; id < 20; id++ ) {
      char             text[PL_SENTENCE_MAX], small[8];
      pl_cause_t const cause = { .id = id, .a = UINT64_MAX, .b = 28UL, .c = UINT64_MAX };
      def->cause_text( &cause, text, sizeof( text ) );
      CHECK( strlen( text ) < sizeof( text ) );
      def->cause_text( &cause, small, sizeof( small ) );
      CHECK( strlen( small ) < sizeof( small ) );
    }
  }
}

static void
states( void ) {
  CHECK_STR( pl_state_name( PL_STATE_UP ), "up" );
  CHECK_STR( pl_state_name( PL_STATE_LINK_DOWN ), "link-down" );
  CHECK_STR( pl_state_name( PL_STATE_REMOVED ), "removed" );
  CHECK_STR( pl_state_name( PL_STATE_FAILED ), "failed" );
  CHECK_STR( pl_state_name( PL_STATE_CNT ), "unknown" );
  CHECK_STR( pl_state_name( -1 ), "unknown" );
}

/* The last of two wins, and a bad one is seen in any place. */
static void
several( void ) {
  pl_err_t       err;
  pl_opt_t const twice[2] = { { .name = "ring", .num = 8 }, { .name = "ring", .num = 16 } };
  pl_backend_t * b        = pl_backend_open( "loopback", twice, 2UL, 0, &err );
  if( CHECK( b ) ) CHECK_EQ( b->ring_cap, 16UL );
  pl_backend_close( b );
  for( unsigned long bad = 0UL; bad < 3UL; bad++ ) {
    pl_opt_t opts[3] = { { .name = "ring", .num = 8 }, { .name = "mtu", .num = 100 }, { .name = "seed", .num = 3 } };
    opts[bad].num    = NAN;
    CHECK( !pl_backend_open( "loopback", opts, 3UL, 0, &err ) );
    CHECK_HAS( err.sentence, opts[bad].name );
  }
}

/* A path longer than any sentence. */
static void
long_path( void ) {
  char           path[4000];
  pl_err_t       err;
  pl_opt_t const opt = { .name = "file", .str = path };
  memset( path, 'y', sizeof( path ) - 1UL );
  path[0]                    = '/';
  path[sizeof( path ) - 1UL] = '\0';
  CHECK( !pl_backend_open( "pcapng", &opt, 1UL, 0, &err ) );
  CHECK_HAS( err.sentence, "File name too long." );
}

int
main( void ) {
  unsigned long                    cnt;
  pl_backend_def_t const * const * table = pl_backend_table( &cnt );
  tap_run( "the tables of the backends", tables );
  tap_run( "names of states", states );
  tap_run( "unknown backends", backends );
  for( unsigned long i = 0UL; i < cnt; i++ ) {
    char name[128];
    snprintf( name, sizeof( name ), "%s: unknown options", table[i]->name );
    tap_run_with( name, unknown, table[i] );
    for( unsigned long j = 0UL; j < table[i]->opt_cnt; j++ ) {
      option_t const of = { .def = table[i], .opt = &table[i]->opts[j] };
      snprintf( name, sizeof( name ), "%s: option %s", table[i]->name, of.opt->name );
      void ( *const by_kind[PL_OPT_KIND_CNT] )( void const * ) = { [PL_OPT_OUTPUT]   = path_option,
                                                                  [PL_OPT_INSTANCE] = instance_option,
                                                                  [PL_OPT_CHOICE]   = choice_option };
      tap_run_with( name, by_kind[of.opt->kind] ? by_kind[of.opt->kind] : number_option, &of );
    }
  }
  tap_run( "several options", several );
  tap_run( "a very long path", long_path );
  return tap_end();
}
