#include "spaces.h"
#include "netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Writes a file of /proc in one go. 0, or an errno. */
static int
write_file( char const * path, char const * text ) {
  int fd = open( path, O_WRONLY | O_CLOEXEC );
  if( fd < 0 ) return errno;
  size_t  sz  = strlen( text );
  ssize_t n   = write( fd, text, sz );
  int     err = n == (ssize_t)sz ? 0 : n < 0 ? errno : EIO;
  close( fd );
  return err;
}

/* Whether this is root of the machine and not of a user namespace only: there the
   whole range of ids is mapped to itself (user_namespaces(7)). */
static int
is_root( void ) {
  unsigned long inside, outside, cnt;
  if( geteuid() ) return 0;
  FILE * f = fopen( "/proc/self/uid_map", "re" );
  if( !f ) return errno == ENOENT; /* a kernel without user namespaces */
  int whole = fscanf( f, "%lu %lu %lu", &inside, &outside, &cnt ) == 3 && !inside && !outside && cnt == 4294967295UL;
  fclose( f );
  return whole;
}

/* Enters a user namespace in which the caller is root: 0 and nobody else. */
static int
become_root( char const ** step ) {
  char  uid[32], gid[32];
  int   err;
  snprintf( uid, sizeof( uid ), "0 %u 1", geteuid() );
  snprintf( gid, sizeof( gid ), "0 %u 1", getegid() );
  *step = "user namespace";
  if( unshare( CLONE_NEWUSER ) ) return errno;
  *step = "user mapping";
  err   = write_file( "/proc/self/setgroups", "deny" );
  if( !err ) err = write_file( "/proc/self/uid_map", uid );
  if( !err ) err = write_file( "/proc/self/gid_map", gid );
  return err;
}

/* Makes the thread's network namespace ready. */
static int
set_up( spaces_t * self, unsigned end, char const ** step ) {
  *step         = "network namespace";
  self->ns[end] = open( "/proc/self/ns/net", O_RDONLY | O_CLOEXEC );
  if( self->ns[end] < 0 ) return errno;
  *step            = "rtnetlink socket";
  self->route[end] = nl_socket( 0U, 0 );
  if( self->route[end] < 0 ) return errno;

  /* Otherwise each interface that comes up says some frames of its own. Absent where
     the kernel has no IPv6. */
  *step   = "IPv6 off";
  int err = write_file( "/proc/sys/net/ipv6/conf/default/disable_ipv6", "1" );
  if( err && err != ENOENT ) return err;

  *step = "loopback";
  nl_msg_t           msg;
  struct ifinfomsg * link = nl_start( &msg, RTM_NEWLINK, 0, sizeof( *link ) );
  link->ifi_index         = (int)if_nametoindex( "lo" );
  link->ifi_flags = link->ifi_change = IFF_UP;
  return nl_ask( self->route[end], &msg, NULL, 0UL );
}

/* Keeps what the rest of the lab's life needs: interfaces, raw sockets, the way between
   the namespaces, and memory for AF_XDP beyond the limit of an ordinary user. */
static int
drop_capabilities( char const ** step ) {
  static unsigned const           kept[] = { CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN, CAP_IPC_LOCK };
  struct __user_cap_header_struct head   = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct   caps[2];
  *step = "capabilities";
  if( syscall( SYS_capget, &head, caps ) ) return errno;
  struct __user_cap_data_struct want[2] = { 0 };
  for( unsigned i = 0U; i < sizeof( kept ) / sizeof( kept[0] ); i++ ) {
    unsigned word = kept[i] / 32U, bit = 1U << kept[i] % 32U;
    want[word].permitted |= bit & caps[word].permitted;
    want[word].effective |= bit & caps[word].permitted;
  }
  return syscall( SYS_capset, &head, want ) ? errno : 0;
}

int
spaces_make( spaces_t * self, char const ** step ) {
  /* Root without the right to (a container) tries as anybody else does. */
  if( !is_root() || unshare( CLONE_NEWNET ) ) {
    int err = become_root( step );
    if( err ) return err;
    *step = "network namespace";
    if( unshare( CLONE_NEWNET ) ) return errno;
  }
  int err = set_up( self, 0U, step );
  if( err ) return err;
  *step = "network namespace";
  if( unshare( CLONE_NEWNET ) ) return errno;
  err = set_up( self, 1U, step );
  return err ? err : drop_capabilities( step );
}

int
spaces_enter( spaces_t const * self, unsigned end, char const ** step ) {
  *step = "enter namespace";
  return setns( self->ns[end], CLONE_NEWNET ) ? errno : 0;
}
