/* tap.h: test programs that print TAP.  A case is a function; what it checks is
   counted for that case only, and a failed check says where and what. */

#ifndef TEST_TAP_H
#define TEST_TAP_H

#include <stdint.h>
#include <string.h>

/* Runs a case.  The name must not contain '#'. */
void tap_run( char const * name, void ( *fn )( void ) );
void tap_run_with( char const * name, void ( *fn )( void const * arg ), void const * arg );

/* The running case cannot be tried here, and why. */
void tap_skip( char const * reason );

/* Runs fn in a process of its own, which may change what a process cannot take
   back (limits, namespaces).  Its failed checks count for the running case, and
   so does a crash.  Returns the child's status: 0, or what fn returned. */
int tap_fork( int ( *fn )( void const * arg ), void const * arg );

/* Runs programs side by side, each a process of its own that prints TAP, width at a
   time, and takes their cases over in order: for cases that spend their time waiting. */
typedef struct {
  int ( *fn )( void const * arg ); /* returns tap_end() */
  void const * arg;
} tap_part_t;
void tap_side_by_side( tap_part_t const * parts, int cnt, int width );

/* Prints the plan.  Returns the exit status of the program. */
int tap_end( void );

/* The checks' own functions; any thread may check. */
int tap_check( int ok, char const * file, int line, char const * what );
int tap_check_eq( long long got, long long want, char const * file, int line, char const * what );
int tap_check_str( char const * got, char const * want, char const * file, int line, char const * what );
int tap_check_has( char const * text, char const * part, char const * file, int line, char const * what );

/* Each returns whether the check held, so that a case can give up. */
#define CHECK( cond ) tap_check( !!( cond ), __FILE__, __LINE__, #cond )
#define CHECK_EQ( got, want ) tap_check_eq( (long long)( got ), (long long)( want ), __FILE__, __LINE__, #got " == " #want )
#define CHECK_STR( got, want ) tap_check_str( got, want, __FILE__, __LINE__, #got )
#define CHECK_HAS( text, part ) tap_check_has( text, part, __FILE__, __LINE__, #text )

#endif /* TEST_TAP_H */
