/* The flush policy, by the vectors that app/run/flush.ts is tested with as well. */

#include "files.h"
#include "run/flush.h"
#include "tap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static pl_flush_policy_t policy;
static pl_flush_state_t  state;

/* One line of the file.  0: it is not understood. */
static int
step( char const * line, char const * file, int number ) {
  uint64_t now, n;
  char     word[24];
  if( sscanf( line, "policy %" SCNu64 " %" SCNu64, &policy.every, &policy.after_ns ) == 2 ) {
    state = (pl_flush_state_t){ 0 };
    return 1;
  }
  if( sscanf( line, "wanted %" SCNu64 " %" SCNu64 " %23s", &now, &n, word ) == 3 ) {
    tap_check_eq( pl_flush_wanted( &policy, &state, now, n ), !strcmp( word, "yes" ), file, number, line );
    return 1;
  }
  if( sscanf( line, "sent %" SCNu64 " %" SCNu64 " %23s", &now, &n, word ) == 3 ) {
    pl_flush_sent( &state, now, n, !strcmp( word, "yes" ) );
    return 1;
  }
  if( sscanf( line, "due %23s", word ) == 1 ) {
    uint64_t want = strcmp( word, "never" ) ? strtoull( word, NULL, 10 ) : UINT64_MAX;
    tap_check_eq( (long long)pl_flush_due( &policy, &state ), (long long)want, file, number, line );
    return 1;
  }
  return 0;
}

/* The lines of a case: text up to the next case. */
typedef struct {
  char * text;
  int    number;
} lines_t;

static void
run_case( void const * arg ) {
  lines_t const * lines = arg;
  int             number = lines->number, steps = 0;
  char *          rest   = NULL;
  for( char * line = strtok_r( lines->text, "\n", &rest ); line; line = strtok_r( NULL, "\n", &rest ) ) {
    number++; /* empty lines are not counted; the text of the line tells which it is */
    if( line[0] == '#' ) continue;
    if( !CHECK( step( line, "test/vectors/flush.txt", number ) ) ) printf( "# %s\n", line );
    steps++;
  }
  CHECK( steps > 2 );
}

int
main( void ) {
  unsigned long sz   = 0UL;
  char *        text = (char *)file_read( "test/vectors/flush.txt", &sz );
  if( !text ) {
    printf( "not ok 1 - test/vectors/flush.txt can be read\n" );
    return 1;
  }
  text     = realloc( text, sz + 1UL );
  text[sz] = '\0';
  int    number = 1;
  char * at     = strstr( text, "\ncase " );
  for( char const * p = text; at && p <= at; p++ ) number += *p == '\n';
  while( at ) {
    char *  name = at + 6;
    char *  next = strstr( name, "\ncase " );
    char *  end  = strchr( name, '\n' );
    int     used = 0;
    for( char const * p = name; next && p <= next; p++ ) used += *p == '\n';
    if( next ) *next = '\0';
    *end          = '\0';
    lines_t lines = { .text = end + 1, .number = number };
    tap_run_with( name, run_case, &lines );
    number += used;
    at = next;
    if( at ) *at = '\n';
  }
  free( text );
  return tap_end();
}
