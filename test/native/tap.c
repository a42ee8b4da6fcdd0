#include "tap.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* After this many failed checks a case says no more. */
#define SAID_MAX (20)

static int          cases, failed_cases;
static atomic_int   failed_checks; /* of the running case */
static char const * skipped;

/* What failed is to be seen even when the program then crashes. */
__attribute__((constructor)) static void
buffer_lines( void ) {
  setvbuf( stdout, NULL, _IOLBF, 0UL );
}

static void
report( char const * name ) {
  int failed = atomic_load( &failed_checks );
  cases++;
  failed_cases += failed > 0;
  if( failed > SAID_MAX ) printf( "# and %d more\n", failed - SAID_MAX );
  printf( "%sok %d - %s%s%s\n", failed ? "not " : "", cases, name, skipped ? " # SKIP " : "", skipped ? skipped : "" );
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

/* Takes over what a part has printed. */
static void
take_over( FILE * from, int status ) {
  char line[1024];
  int  plan = 0, bad = 0;
  rewind( from );
  while( fgets( line, sizeof( line ), from ) ) {
    int          failed = !strncmp( line, "not ok ", 7UL );
    char const * name   = strstr( line, " - " );
    plan |= !strncmp( line, "1..", 3UL );
    bad |= failed;
    if( ( failed || !strncmp( line, "ok ", 3UL ) ) && name ) {
      cases++;
      failed_cases += failed;
      printf( "%sok %d%s", failed ? "not " : "", cases, name );
    } else if( strncmp( line, "1..", 3UL ) ) {
      printf( "%s", line );
    }
  }
  if( plan && ( !status || bad ) ) return;
  cases++;
  failed_cases++;
  printf( "not ok %d - a part of this test ends by itself\n", cases );
}

void
tap_side_by_side( tap_part_t const * parts, int cnt, int width ) {
  enum { MOST = 64 };
  struct {
    FILE * out;
    pid_t  pid;
    int    status;
  } run[MOST] = { 0 };
  if( !CHECK( cnt <= MOST ) ) cnt = MOST;
  fflush( stdout );
  for( int begun = 0, ended = 0; ended < cnt; ) {
    if( begun < cnt && begun - ended < width ) {
      run[begun].out = tmpfile();
      run[begun].pid = fork();
      if( !run[begun].pid ) {
        if( !run[begun].out || dup2( fileno( run[begun].out ), STDOUT_FILENO ) < 0 ) _exit( 1 );
        exit( parts[begun].fn( parts[begun].arg ) );
      }
      begun++;
      continue;
    }
    int   status;
    pid_t pid = wait( &status );
    for( int i = 0; i < begun; i++ )
      if( run[i].pid == pid ) run[i].status = status;
    ended++;
    if( pid < 0 ) break;
  }
  for( int i = 0; i < cnt; i++ ) {
    take_over( run[i].out, run[i].status );
    fclose( run[i].out );
  }
}

/* Status of a child some of whose checks failed. */
#define CHILD_FAILED (99)

int
tap_fork( int ( *fn )( void const * arg ), void const * arg ) {
  fflush( stdout );
  pid_t pid = fork();
  if( !pid ) {
    atomic_store( &failed_checks, 0 );
    int status = fn( arg );
    if( atomic_load( &failed_checks ) ) status = CHILD_FAILED;
    fflush( stdout );
    _exit( status );
  }
  int status = 0;
  if( pid < 0 || waitpid( pid, &status, 0 ) != pid || !WIFEXITED( status ) )
    return tap_check( 0, __FILE__, __LINE__, "the child process ends by itself" );
  if( WEXITSTATUS( status ) == CHILD_FAILED ) count_failure();
  return WEXITSTATUS( status );
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
