#include "tap.h"

#include <stdatomic.h>
#include <stdio.h>

/* After this many failed checks a case says no more. */
#define SAID_MAX (20)

static int          cases, failed_cases;
static atomic_int   failed_checks; /* of the running case */
static char const * skipped;

static void
report( char const * name ) {
  int failed = atomic_load( &failed_checks );
  cases++;
  failed_cases += failed > 0;
  if( failed > SAID_MAX ) printf( "# and %d more\n", failed - SAID_MAX );
  printf( "%sok %d - %s%s%s\n", failed ? "not " : "", cases, name, skipped ? " # SKIP " : "", skipped ? skipped : "" );
  fflush( stdout );
}

static void
start( void ) {
  atomic_store( &failed_checks, 0 );
  skipped = NULL;
}

void
tap_run( char const * name, void ( *fn )( void ) ) {
  start();
  fn();
  report( name );
}

void
tap_run_with( char const * name, void ( *fn )( void const * arg ), void const * arg ) {
  start();
  fn( arg );
  report( name );
}

void
tap_skip( char const * reason ) {
  skipped = reason;
}

int
tap_end( void ) {
  printf( "1..%d\n", cases );
  return failed_cases ? 1 : 0;
}

/* Counts a failure; returns whether it may still be told. */
static int
count_failure( void ) {
  return atomic_fetch_add( &failed_checks, 1 ) < SAID_MAX;
}

int
tap_check( int ok, char const * file, int line, char const * what ) {
  if( !ok && count_failure() ) printf( "# %s:%d: %s\n", file, line, what );
  return ok;
}

int
tap_check_eq( long long got, long long want, char const * file, int line, char const * what ) {
  int ok = got == want;
  if( !ok && count_failure() ) printf( "# %s:%d: %s: got %lld, want %lld\n", file, line, what, got, want );
  return ok;
}

int
tap_check_str( char const * got, char const * want, char const * file, int line, char const * what ) {
  int ok = got && !strcmp( got, want );
  if( !ok && count_failure() )
    printf( "# %s:%d: %s: got \"%s\", want \"%s\"\n", file, line, what, got ? got : "(null)", want );
  return ok;
}

int
tap_check_has( char const * text, char const * part, char const * file, int line, char const * what ) {
  int ok = text && strstr( text, part );
  if( !ok && count_failure() )
    printf( "# %s:%d: %s: \"%s\" does not contain \"%s\"\n", file, line, what, text ? text : "(null)", part );
  return ok;
}
