/* Other programs as senders.  Each is started once, in the lab and on the
   CPU of this process, and stopped (SIGSTOP) but for its turns; a turn begins when its frames
   flow.  What it has sent is what the kernel counts, whatever it says itself.  It is the
   first process of a process namespace of its own and ends with this one (PR_SET_PDEATHSIG),
   so whatever it starts ends as well, however this process ends. */

#include "nic.h"
#include "run/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A program that has not sent after this will not. */
#define BEGIN_NS (10000000000UL)

/* How often somebody looks. */
#define LOOK_NS (1000000L)

static char const * interface; /* it sends on */

static pid_t tool = -1;
static int   words = -1; /* what it says goes to this file */
static int   input = -1; /* what it reads */

static void
nap( long ns ) {
  nanosleep( &(struct timespec){ .tv_nsec = ns }, NULL );
}

/* What it said last, for who asks why. */
static int
complain( char const * why ) {
  char    text[1024];
  off_t   end = lseek( words, 0, SEEK_END );
  ssize_t n   = pread( words, text, sizeof( text ), end > (off_t)sizeof( text ) ? end - (off_t)sizeof( text ) : 0 );
  fprintf( stderr, "The other program %s. It said:\n%.*s\n", why, (int)( n < 0 ? 0 : n ), text );
  return -1;
}

/* On, or stopped, with all it has started. */
static void
tell( int sig ) {
  if( tool > 0 ) (void)kill( -tool, sig );
}

/* In the new process.  Its parent may have ended before the kernel is told about that. */
static _Noreturn void
become( char * const argv[], int parent ) {
  struct pollfd gone = { .fd = parent, .events = POLLIN };
  int           null = open( "/dev/null", O_RDONLY );
  (void)setpgid( 0, 0 );
  if( prctl( PR_SET_PDEATHSIG, SIGKILL ) || poll( &gone, 1UL, 0 ) ) _exit( 126 );
  if( null < 0 || dup2( null, 0 ) < 0 || dup2( words, 1 ) < 0 || dup2( words, 2 ) < 0 ) _exit( 126 );
  execvp( argv[0], argv );
  dprintf( 2, "%s does not start: %s.\n", argv[0], strerror( errno ) );
  _exit( 127 );
}

static int
start( nic_t * nic, char const * on, char * const argv[] ) {
  interface             = on;
  uint64_t const before = veth_sent( &nic->veth, interface );
  uint64_t const t0     = pl_clock_ns();
  int const      parent = (int)syscall( SYS_pidfd_open, getpid(), 0U );
  words                 = memfd_create( "words", MFD_CLOEXEC );
  tool                  = parent < 0 ? -1 : (pid_t)syscall( SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL );
  if( !tool ) become( argv, parent );
  close( parent );
  if( tool < 0 ) return complain( "cannot be started" );
  (void)setpgid( tool, tool ); /* whoever is first */
  while( veth_sent( &nic->veth, interface ) == before ) {
    if( waitpid( tool, NULL, WNOHANG ) ) {
      tool = -1;
      return complain( "has ended before it sent anything" );
    }
    if( pl_clock_ns() - t0 > BEGIN_NS ) return complain( "has sent nothing" );
    nap( LOOK_NS );
  }
  tell( SIGSTOP );
  nap( (long)NIC_WARM_NS );
  return 0;
}

static double
turn( nic_t * nic, uint64_t for_ns, uint64_t * sent ) {
  uint64_t const before = veth_sent( &nic->veth, interface );
  uint64_t const began  = pl_clock_ns();
  tell( SIGCONT );
  while( veth_sent( &nic->veth, interface ) == before ) {
    if( waitpid( tool, NULL, WNOHANG ) ) {
      tool = -1;
      return complain( "has ended" );
    }
    if( pl_clock_ns() - began > BEGIN_NS ) return complain( "has sent nothing" );
    nap( LOOK_NS );
  }
  nap( (long)NIC_WARM_NS );
  uint64_t const n0 = veth_sent( &nic->veth, interface );
  uint64_t const t0 = pl_clock_ns();
  nap( (long)for_ns );
  *sent          = veth_sent( &nic->veth, interface ) - n0;
  uint64_t const t1 = pl_clock_ns();
  tell( SIGSTOP );
  for( uint64_t last = 0UL, now; ( now = veth_sent( &nic->veth, interface ) ) != last; last = now ) nap( LOOK_NS );
  return (double)( t1 - t0 );
}

static void
end( nic_t * nic ) {
  (void)nic;
  if( tool > 0 ) {
    tell( SIGKILL );
    while( waitpid( tool, NULL, 0 ) < 0 && errno == EINTR ) {}
  }
  tool = -1;
  if( words >= 0 ) close( words );
  words = -1;
  if( input >= 0 ) close( input );
  input = -1;
}

/* 32 bits in the byte order of this machine, as a pcap file may have them. */
static void
put32( FILE * f, uint32_t value ) {
  fwrite( &value, sizeof( value ), 1UL, f );
}

/* A file in memory, so that nothing is left of it, and its path for other processes.  NULL
   after a sentence on stderr. */
static FILE *
new_file( int * fd, char path[NIC_PATH_MAX] ) {
  *fd      = memfd_create( "packet-lab-bench", MFD_CLOEXEC );
  FILE * f = *fd < 0 ? NULL : fdopen( dup( *fd ), "w" );
  if( !f ) fprintf( stderr, "No file in memory: %s.\n", strerror( errno ) );
  snprintf( path, NIC_PATH_MAX, "/proc/%ld/fd/%d", (long)getpid(), *fd );
  return f;
}

int
nic_capture( nic_t const * nic, char path[NIC_PATH_MAX] ) {
  int    fd;
  FILE * f = new_file( &fd, path );
  if( !f ) return -1;
  uint32_t const head[] = { 0xa1b2c3d4U, 2U | 4U << 16, 0U, 0U, 65535U, 1U };
  for( unsigned i = 0U; i < sizeof( head ) / sizeof( head[0] ); i++ ) put32( f, head[i] );
  for( uint32_t i = 0U; i < NIC_CAPTURE_FRAMES; i++ ) {
    uint32_t const packet[] = { 1U, i, (uint32_t)nic->sz, (uint32_t)nic->sz };
    for( unsigned k = 0U; k < 4U; k++ ) put32( f, packet[k] );
    fwrite( nic->frame, 1UL, nic->sz, f );
  }
  return fclose( f ) ? -1 : fd;
}

/* A packet that does not change; its own CPU statistics, IRQs and socket limits of the
   system are left alone. */
static int
open_trafgen( nic_t * nic ) {
  char   file[NIC_PATH_MAX];
  FILE * f = new_file( &input, file );
  if( !f ) return -1;
  for( unsigned long i = 0UL; i < nic->sz; i++ ) fprintf( f, "%s0x%02x", i ? ", " : "{ ", nic->frame[i] );
  fprintf( f, " }\n" );
  fclose( f );
  char * argv[] = { "trafgen", "--in", file, "--out", "pl0a", "--cpus", "1", "--no-sock-mem", "--notouch-irq", "--no-cpu-stats", NULL };
  return start( nic, "pl0a", argv );
}

static int
open_tcpreplay( nic_t * nic ) {
  char file[NIC_PATH_MAX];
  if( ( input = nic_capture( nic, file ) ) < 0 ) return -1;
  char * argv[] = { "tcpreplay", "--topspeed", "--preload-pcap", "--loop=0", "--intf1=pl0a", file, NULL };
  return start( nic, "pl0a", argv );
}

/* It takes the one queue of an interface for itself, so it has the other pair; its main
   thread, which waits, and the one that sends share the CPU. */
static int
open_testpmd( nic_t * nic ) {
  char * argv[] = { "dpdk-testpmd", "--no-huge", "-m", "256", "--no-pci", "--no-shconf", "--no-telemetry", "--lcores", "0@0,1@0",
                    "--vdev", "net_af_xdp0,iface=pl1a", "--", "--forward-mode=txonly", "--txpkts=60", "--burst=64",
                    "--total-num-mbufs=16384", "--auto-start", "--stats-period=3600", NULL };
  return veth_drop( &nic->veth, PL_LAB_END_B, "pl1b" ) ? -1 : start( nic, "pl1a", argv );
}

sender_t const sender_trafgen   = { "trafgen", open_trafgen, turn, end, 1 };
sender_t const sender_tcpreplay = { "tcpreplay", open_tcpreplay, turn, end, 1 };
sender_t const sender_testpmd   = { "testpmd", open_testpmd, turn, end, 1 };
