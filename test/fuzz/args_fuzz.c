/* The addon's functions under arguments of every kind and in every order.  An input
   describes calls; its bytes spoil what would be right arguments, run the event
   loop, collect handles, and let Node run out of memory.  Zero bytes and the end of
   the input mean "as it should be", so that short inputs already get far. */

#include "napi.h"
#include "target.h"

#include <dirent.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define STEPS_MAX (24U)
#define DEPTH_MAX (2)

static uint8_t const * at;
static size_t          left;
static int             depth;

static unsigned
next( void ) {
  if( !left ) return 0U;
  left--;
  return *at++;
}

static void step( void );

/* A getter that calls the addon again, or throws. */
static void
enter( void ) {
  if( depth >= DEPTH_MAX || next() % 4U == 3U ) {
    js_throw();
    return;
  }
  depth++;
  step();
  depth--;
}

static double const numbers[] = {
    0,  1,   2,    3,       8,          64,  1000, 4096,  4097,  65535, 65536, 4294967295.0, 9007199254740991.0, 9007199254740992.0,
    -1, -2, -0.5, 0.25, 1.5, 1e9, 1e10, 1e15, 1e18, 1e19, 1e300, -1e300, 5e-324, -0.0, NAN, INFINITY, -INFINITY };

static char const * const words[] = { "null", "loopback", "pcapng", "udp", "file", "ring", "drain", "mtu", "loss", "duplicate",
                                      "reorder", "delay", "seed", "attach", "snaplen", "limit", "sndbuf", "out-1", "out-2", "c0",
                                      "c1", "A", "B", "", "." };

#define COUNT( list ) ( sizeof( list ) / sizeof( ( list )[0] ) )

static napi_value
word( unsigned i ) {
  return js_string( words[i % COUNT( words )], strlen( words[i % COUNT( words )] ) );
}

/* Text of the input itself.  Nothing outside the folder of the target is ever named. */
static napi_value
text( void ) {
  static char buf[8192];
  unsigned const kind = next();
  size_t len = kind == 255U ? sizeof( buf ) : kind % 64U;
  for( size_t i = 0UL; i < len; i++ ) {
    buf[i] = kind == 255U ? 'x' : (char)next();
    if( buf[i] == '/' || ( !i && buf[i] == '.' ) ) buf[i] = '_';
  }
  return js_string( buf, len );
}

static napi_value
bytes( napi_typedarray_type type ) {
  static uint8_t frame[8192];
  unsigned const kind = next();
  size_t const   len  = kind >= 250U ? 4000UL + 97UL * ( kind - 250U ) : kind;
  if( len > 14UL ) frame[12] = (uint8_t)( kind % 3U ? 0x08 : 0x81 );
  return js_bytes( type, frame, len );
}

static napi_value
anything( int deep ) {
  unsigned const kind = next() % 14U;
  napi_value     v;
  switch( kind ) {
  case 0U: return js_simple( napi_undefined );
  case 1U: return js_simple( napi_null );
  case 2U: return js_bool( next() & 1U );
  case 3U: return js_number( numbers[next() % COUNT( numbers )] );
  case 4U: return js_number( (double)next() * 256.0 + next() );
  case 5U: return word( next() );
  case 6U: return text();
  case 7U: return bytes( (napi_typedarray_type)( next() % 11U ) );
  case 8U: return js_simple( napi_symbol );
  case 9U: return js_simple( napi_function );
  case 10U: return js_simple( napi_bigint );
  case 11U: return handles() ? handle( next() % handles() ) : js_object();
  case 12U:
    v = js_array();
    for( unsigned n = deep ? 0U : next() % 20U; n; n-- ) js_push( v, anything( 1 ) );
    return v;
  default:
    v = js_object();
    for( unsigned n = deep ? 0U : next() % 4U; n; n-- ) js_set( v, words[next() % COUNT( words )], anything( 1 ) );
    return v;
  }
}

/* The right value, or what the input puts in its place. */
static napi_value
or_junk( napi_value right ) {
  unsigned const kind = next();
  if( kind >= 244U ) return js_getter( right, enter );
  return kind >= 224U ? anything( 0 ) : right;
}

static void
put( napi_value object, char const * name, napi_value right ) {
  if( next() != 255U ) js_set( object, name, or_junk( right ) );
}

static napi_value
number( double usual ) {
  unsigned const kind = next();
  return js_number( kind ? numbers[kind % COUNT( numbers )] : usual );
}

static napi_value
some_handle( void ) {
  unsigned const i = next();
  if( !handles() ) return js_object();
  return handle( ( handles() - 1U + i ) % handles() );
}

/* An interface to send on; there is no lab to take it from. */
static napi_value
device( void ) {
  napi_value v = js_object(), port = js_object();
  put( port, "name", word( next() ) );
  put( port, "ifindex", number( 2 ) );
  put( port, "mtu", number( 1500 ) );
  put( port, "up", js_bool( 1 ) );
  put( port, "carrier", js_bool( 1 ) );
  put( port, "address", word( next() ) );
  put( port, "peerAddress", word( next() ) );
  put( v, "lab", some_handle() );
  put( v, "port", port );
  put( v, "end", number( 0 ) );
  put( v, "send", some_handle() );
  put( v, "tagged", js_simple( napi_null ) );
  put( v, "receive", js_simple( napi_null ) );
  put( v, "memory", js_simple( napi_null ) );
  return v;
}

static napi_value
spec( unsigned name ) {
  napi_value v = js_object(), list = js_array();
  unsigned const kind = name ? name : next() % 4U;
  put( v, "name", word( kind ) );
  unsigned const cnt = next() % 18U;
  for( unsigned i = 0U; i < cnt || ( kind == 2U && !i ); i++ ) {
    napi_value     pair = js_array();
    unsigned const key  = 4U + ( i ? next() % 13U : 0U );
    int const      name_of = key == 4U || key == 13U; /* file, attach */
    if( key != 4U || kind == 2U || next() ) js_push( pair, or_junk( word( kind == 2U && !i ? 4U : key ) ) );
    js_push( pair, or_junk( name_of ? word( key == 4U ? 17U + next() % 2U : 21U + next() % 2U ) : number( 1 ) ) );
    js_push( list, or_junk( pair ) );
  }
  put( v, "options", list );
  put( v, "force", js_bool( 1 ) );
  unsigned const more = next(), own = more % 4U;
  put( v, "own", own ? word( 20U + own ) : js_simple( napi_null ) );
  if( more >= 224U ) put( v, "device", device() );
  return v;
}

static napi_value
fault( void ) {
  static char const * const names[] = { "drop",  "duplicate",  "reorder",    "corrupt", "delayNs",
                                        "seed", "againEvery", "invalEvery", "againAt", "invalAt" };
  napi_value v = js_object();
  for( unsigned i = 0U; i < COUNT( names ); i++ ) put( v, names[i], number( i < 4U ? 0.25 : i < 8U ? 0 : -1 ) );
  return v;
}

static napi_value
rate( void ) {
  napi_value v = js_object();
  put( v, "kind", js_number( next() % 6U ) );
  put( v, "value", number( 1000 ) );
  put( v, "burst", number( 8 ) );
  put( v, "gapNs", number( 1e9 ) );
  return v;
}

static napi_value
config( void ) {
  napi_value v = js_object();
  put( v, "batch", number( 64 ) );
  put( v, "rate", rate() );
  put( v, "count", number( 100 ) );
  put( v, "durationNs", number( 0 ) );
  put( v, "flushEvery", number( 1 ) );
  put( v, "flushAfterNs", number( 0 ) );
  put( v, "again", number( 0 ) );
  put( v, "stallNs", number( 1e9 ) );
  unsigned const bits = next();
  put( v, "once", js_bool( bits & 1U ) );
  put( v, "signature", js_bool( bits >> 1 & 1U ) );
  put( v, "until", js_simple( napi_null ) );
  return v;
}

static napi_value
streams( void ) {
  napi_value list = js_array();
  for( unsigned n = 1U + next() % 3U; n; n-- ) {
    napi_value v = js_object(), frames = js_array();
    unsigned const capture = next() % 8U;
    put( v, "capture", capture ? word( 18U + capture ) : js_simple( napi_null ) );
    for( unsigned f = 1U + next() % 5U; f; f-- ) js_push( frames, or_junk( bytes( napi_uint8_array ) ) );
    put( v, "frames", frames );
    js_push( list, or_junk( v ) );
  }
  return list;
}

static napi_value
lab_request( void ) {
  napi_value v = js_object(), list = js_array();
  put( v, "op", number( 2 ) );
  put( v, "pair", number( 0 ) );
  put( v, "end", number( 0 ) );
  put( v, "device", number( 0 ) );
  for( unsigned n = next() % 6U; n; n-- ) js_push( list, or_junk( number( 1 ) ) );
  put( v, "args", list );
  return v;
}

/* The addon's functions.  The numbers are what inputs of the corpus say: a new one
   goes to the end and gets a step of its own. */
static char const * const functions[] = { "tables",  "openBackend", "closeBackend", "startRun",       "stopRun",
                                          "flushRun", "tuneRun",     "readRun",      "readCalls",      "readHistograms",
                                          "endRun",   "scanCapture", "probeCapture", "turnLoop",       "openLab",
                                          "labRequest", "labPid",    "closeLab",  "descriptorNumber", "closeDescriptor",
                                          "endLab", "readFrames", "readStream", "linkFacts", "labLook" };

static void
call( unsigned function ) {
  napi_value args[5];
  size_t     argc = 0UL;
  switch( function ) {
  case 1U: /* openBackend */
    args[argc++] = spec( 0U );
    for( int i = 0; i < 2; i++ ) args[argc++] = next() % 4U == 1U ? spec( 2U ) : js_simple( napi_null );
    args[argc++] = next() % 4U == 1U ? fault() : js_simple( napi_null );
    break;
  case 3U: /* startRun */
    args[argc++] = some_handle();
    args[argc++] = streams();
    args[argc++] = config();
    args[argc++] = js_simple( napi_function );
    break;
  case 6U: /* tuneRun */
    args[argc++] = some_handle();
    args[argc++] = config();
    break;
  case 8U: /* readCalls */
    args[argc++] = some_handle();
    args[argc++] = number( 1 );
    args[argc++] = number( 64 );
    break;
  case 22U: /* readStream */
    args[argc++] = some_handle();
    args[argc++] = number( 1 );
    break;
  case 11U: /* scanCapture */
  case 12U: /* probeCapture */
    args[argc++] = word( 17U + next() % 5U );
    args[argc++] = number( 8 );
    break;
  case 14U: /* openLab; no program of such a name is there */
    args[argc++] = word( next() );
    args[argc++] = number( 1 );
    args[argc++] = number( 1500 );
    args[argc++] = js_simple( napi_function );
    break;
  case 23U: /* linkFacts */ args[argc++] = word( next() ); break;
  case 15U: /* labRequest */
  case 24U: /* labLook */
    args[argc++] = some_handle();
    args[argc++] = lab_request();
    break;
  default: args[argc++] = some_handle();
  }
  unsigned const spoilt = next();
  if( spoilt >= 248U ) argc = next() % ( argc + 1UL );
  else if( spoilt >= 224U ) args[spoilt % argc] = anything( 0 );
  js_call( functions[function], argc, args );
}

static void
step( void ) {
  unsigned const what = next();
  switch( what % 20U ) {
  case 13U:
    if( what > 240U ) js_call( functions[13], 0UL, NULL );
    else (void)loop_work();
    return;
  case 14U: (void)loop_complete(); return;
  case 15U:
  case 16U:
    while( loop_work() || loop_complete() ) {}
    return;
  case 17U:
    if( what > 200U ) call( what > 220U ? 21U : 22U ); /* readFrames, readStream */
    else if( handles() ) let_go( next() % handles() );
    return;
  case 18U:
    if( what == 238U ) call( 23U ); /* linkFacts */
    else if( what == 218U ) call( 24U ); /* labLook */
    else fail_at( next() % 16U );
    return;
  case 19U:
    if( what == 239U ) call( 14U + next() % 7U );
    else usleep( 1000U * ( next() % 4U ) );
    return;
  default: call( what % 20U );
  }
}

static char folder[64];

/* Removes what an input has written, and with it its own two captures if asked. */
static void
clean( int all ) {
  DIR *           dir = opendir( folder );
  struct dirent * entry;
  while( dir && ( entry = readdir( dir ) ) )
    if( entry->d_name[0] != '.' && ( all || ( strcmp( entry->d_name, "c0" ) && strcmp( entry->d_name, "c1" ) ) ) )
      unlinkat( dirfd( dir ), entry->d_name, 0 );
  if( dir ) closedir( dir );
}

static void
leave( void ) {
  clean( 1 );
  (void)rmdir( folder );
}

/* A folder to write into, with two captures: a whole one and one that is cut. */
static void
prepare( void ) {
  static uint8_t const pcap[] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
                                  1, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0, 0,
                                  2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 60, 0, 0, 0, 1, 2, 3, 4 };
  snprintf( folder, sizeof( folder ), "%s/packet-lab-fuzz-XXXXXX", access( "/dev/shm", W_OK ) ? "/tmp" : "/dev/shm" );
  HOLDS( mkdtemp( folder ) && !chdir( folder ) );
  atexit( leave );
  for( int i = 0; i < 2; i++ ) {
    FILE * file = fopen( i ? "c1" : "c0", "wb" );
    HOLDS( file && fwrite( pcap, 1UL, sizeof( pcap ) - (size_t)i * 3UL, file ) > 0UL && !fclose( file ) );
  }
}

int
LLVMFuzzerTestOneInput( uint8_t const * data, size_t sz ) {
  if( !folder[0] ) prepare();
  at   = data;
  left = sz;
  env_begin();
  HOLDS( js_functions() == COUNT( functions ) );
  for( unsigned i = 0U; i < STEPS_MAX && left; i++ ) step();
  env_end();
  clean( 0 );
  return 0;
}
