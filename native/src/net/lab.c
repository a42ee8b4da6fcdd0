#include "net/lab.h"
#include "net/link_facts.h"
#include "net/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Requests take from 1 ms to a second (an AF_XDP queue that stays busy), and many times as long where many processes want the
   processor and others make and end namespaces: the kernel does that for one after the
   other.  A helper that has not answered after so many waits is stuck, and ended.  Several
   waits: a process or a machine that was stopped finds one of them over, and not yet the
   answer of a helper that was stopped, too. */
#define ANSWER_WAITS   (60)
#define ANSWER_WAIT_MS (1000)

struct pl_lab {
  int             sock; /* our end; open until pl_lab_close */
  pthread_t       keeper;
  pthread_mutex_t ask; /* one question at a time */
  uint32_t        seq;

  pthread_mutex_t mutex; /* what follows */
  pthread_cond_t  cond;
  int             started; /* the keeper has tried: 1 */
  int             spawn_err;
  pid_t           pid;     /* 0 before and after */
  int             dead;
  pl_monitor_t *  monitor; /* ends with the helper */
  int             closing; /* it ends because we want it to */
  void ( *died )( void * arg );
  void * died_arg;

  /* For the keeper only. */
  char const * helper;
  int          their_sock;
};

/* Steps come as text from the helper, and an err keeps them for ever. There are some 30. */
static char const *
keep_step( char const * step ) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static char            kept[64][32];
  char const *           found = "helper";
  pthread_mutex_lock( &mutex );
  for( unsigned i = 0U; i < 64U; i++ ) {
    if( !kept[i][0] ) snprintf( kept[i], sizeof( kept[i] ), "%.31s", step );
    if( strncmp( kept[i], step, 31UL ) ) continue;
    found = kept[i];
    break;
  }
  pthread_mutex_unlock( &mutex );
  return found;
}

/* Starts the program with its end of the socketpair as descriptor 3, nothing to read or
   write, no environment, its own session (Ctrl-C is not for it), and no signal blocked
   or ignored.  0, or an errno. */
static int
spawn( char const * helper, int sock, pid_t * pid ) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t          attr;
  sigset_t                   all, none;
  char *                     argv[] = { "packet-lab-helper", NULL };
  char *                     envp[] = { NULL };
  sigfillset( &all );
  sigemptyset( &none );
  int err = posix_spawn_file_actions_init( &files );
  if( err ) return err;
  err = posix_spawnattr_init( &attr );
  if( err ) {
    posix_spawn_file_actions_destroy( &files );
    return err;
  }
  err = posix_spawn_file_actions_adddup2( &files, sock, PL_LAB_FD );
  for( int fd = 0; !err && fd < 3; fd++ )
    err = posix_spawn_file_actions_addopen( &files, fd, "/dev/null", O_RDWR, 0 );
  if( !err ) err = posix_spawnattr_setsigdefault( &attr, &all );
  if( !err ) err = posix_spawnattr_setsigmask( &attr, &none );
  if( !err )
    err = posix_spawnattr_setflags( &attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID );
  if( !err ) err = posix_spawn( pid, helper, &files, &attr, argv, envp );
  posix_spawnattr_destroy( &attr );
  posix_spawn_file_actions_destroy( &files );
  return err;
}

/* Starts the helper and waits for its end.  A thread of its own, because the helper dies
   with the thread that started it (PR_SET_PDEATHSIG), not with the process. */
static void *
keep( void * arg ) {
  pl_lab_t * self = arg;
  pid_t      pid  = 0;
  int        err  = spawn( self->helper, self->their_sock, &pid );
  close( self->their_sock );
  pthread_mutex_lock( &self->mutex );
  self->started   = 1;
  self->spawn_err = err;
  self->pid       = pid;
  self->dead      = !!err;
  pthread_cond_signal( &self->cond );
  pthread_mutex_unlock( &self->mutex );
  if( err ) return NULL;

  /* The id stays the helper's until it is reaped under the mutex: nobody kills another. */
  siginfo_t info;
  while( waitid( P_PID, (id_t)pid, &info, WEXITED | WNOWAIT ) && errno == EINTR ) {}
  pthread_mutex_lock( &self->mutex );
  while( waitpid( pid, NULL, 0 ) < 0 && errno == EINTR ) {}
  self->pid               = 0;
  self->dead              = 1;
  if( self->monitor ) pl_monitor_end( self->monitor );
  void ( *died )( void * ) = self->closing ? NULL : self->died;
  void * died_arg         = self->died_arg;
  pthread_mutex_unlock( &self->mutex );
  if( died ) died( died_arg );
  return NULL;
}

static void
end_helper( pl_lab_t * self, int closing ) {
  pthread_mutex_lock( &self->mutex );
  self->closing |= closing;
  if( self->pid ) kill( self->pid, SIGKILL );
  pthread_mutex_unlock( &self->mutex );
}

/* Waits until there is an answer, or the end of the helper.  0, or ETIMEDOUT. */
static int
wait_for_answer( int sock ) {
  struct pollfd wait = { .fd = sock, .events = POLLIN };
  for( int i = 0; i < ANSWER_WAITS; ) {
    int n = poll( &wait, 1UL, ANSWER_WAIT_MS );
    if( n > 0 ) return 0;
    if( n < 0 && errno == EINTR ) continue;
    if( n < 0 ) nanosleep( &(struct timespec){ .tv_nsec = ANSWER_WAIT_MS * 1000000L - 1L }, NULL ); /* the system has nothing to wait with */
    i++;
  }
  return ETIMEDOUT;
}

/* Takes the answer and its descriptors. 0, or an errno; after EMFILE the answer was good and
   this process had no room for its descriptors, which are closed. */
static int
take_answer( int sock, pl_lab_rep_t * rep, int fds[PL_LAB_FDS_MAX] ) {
  union {
    struct cmsghdr head;
    char           bytes[CMSG_SPACE( PL_LAB_FDS_MAX * sizeof( int ) )];
  } control;
  if( wait_for_answer( sock ) ) return ETIMEDOUT;

  struct iovec  iov = { .iov_base = rep, .iov_len = sizeof( *rep ) };
  struct msghdr msg = {
      .msg_iov = &iov, .msg_iovlen = 1UL, .msg_control = control.bytes, .msg_controllen = sizeof( control ) };
  ssize_t got;
  while( ( got = recvmsg( sock, &msg, MSG_CMSG_CLOEXEC ) ) < 0 && errno == EINTR ) {}
  if( got < 0 ) return errno;
  unsigned         cnt  = 0U;
  struct cmsghdr * head = CMSG_FIRSTHDR( &msg );
  if( head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS ) {
    cnt = (unsigned)( ( head->cmsg_len - CMSG_LEN( 0 ) ) / sizeof( int ) );
    memcpy( fds, CMSG_DATA( head ), cnt * sizeof( int ) );
  }
  int const cut = msg.msg_flags & MSG_CTRUNC;
  int       bad = got != (ssize_t)sizeof( *rep ) || rep->magic != PL_LAB_MAGIC || msg.msg_flags & MSG_TRUNC ||
            rep->fd_cnt > PL_LAB_FDS_MAX || ( cut ? cnt >= rep->fd_cnt : cnt != rep->fd_cnt );
  if( !bad && !cut ) return 0;
  for( unsigned i = 0U; i < cnt; i++ ) close( fds[i] );
  if( bad ) return got ? EPROTO : EPIPE;
  rep->fd_cnt = 0U;
  return EMFILE;
}

/* Asks and takes the answer.  0, or an errno; sets *left when the lab is as it was. */
static int
exchange( pl_lab_t * self, pl_lab_req_t const * ask, pl_lab_rep_t * rep, int fds[PL_LAB_FDS_MAX], int * left ) {
  ssize_t sent;
  while( ( sent = send( self->sock, ask, sizeof( *ask ), MSG_NOSIGNAL ) ) < 0 && errno == EINTR ) {}
  int e = sent < 0 ? errno : 0;
  *left = e == ENOBUFS || e == ENOMEM;
  if( e ) return e;
  e     = take_answer( self->sock, rep, fds );
  *left = !e || e == EMFILE;
  if( !*left || rep->seq == ask->seq ) return e;
  for( unsigned i = 0U; i < rep->fd_cnt; i++ ) close( fds[i] );
  *left = 0;
  return EPROTO;
}

/* Why there is no answer to work with. */
static void
tell_no_answer( int e, int left, pl_err_t * err ) {
  if( e == EMFILE )
    pl_err_set( err, e, "descriptors",
                "This process has no room for another descriptor (RLIMIT_NOFILE); what was opened in the lab is closed again." );
  else if( left )
    pl_err_set( err, e, "ask", "The lab's helper could not be asked: %s.", strerror( e ) );
  else if( e == EPROTO )
    pl_err_set( err, e, "helper", "The lab's helper gave an answer that was none and was ended; the lab is gone." );
  else if( e == ETIMEDOUT )
    pl_err_set( err, e, "helper", "The lab's helper did not answer for %d seconds and was ended; the lab is gone.",
                ANSWER_WAITS * ANSWER_WAIT_MS / 1000 );
  else
    pl_err_set( err, EPIPE, "helper", "The lab's helper has ended; the lab is gone." );
}

int
pl_lab_request( pl_lab_t * self, pl_lab_req_t const * req, pl_lab_rep_t * rep, int fds[PL_LAB_FDS_MAX],
                pl_err_t * err ) {
  pl_lab_req_t ask = *req;
  memset( rep, 0, sizeof( *rep ) );
  pthread_mutex_lock( &self->ask );
  ask.magic = PL_LAB_MAGIC;
  ask.seq   = ++self->seq;
  int left;
  int e = exchange( self, &ask, rep, fds, &left );
  /* After an answer that did not come or was none, nothing that comes can be trusted. */
  if( !left ) end_helper( self, 0 );
  pthread_mutex_unlock( &self->ask );
  if( e ) {
    memset( rep, 0, sizeof( *rep ) );
    tell_no_answer( e, left, err );
    return -1;
  }
  if( !rep->err ) return 0;
  for( ; rep->fd_cnt; rep->fd_cnt-- ) close( fds[rep->fd_cnt - 1U] );
  rep->step[sizeof( rep->step ) - 1UL] = '\0';
  pl_err_set( err, rep->err, keep_step( rep->step ), "The lab's helper failed at “%s”: %s.", rep->step,
              strerror( rep->err ) );
  return -1;
}

int
pl_lab_look( pl_lab_t * self, pl_lab_req_t const * at, pl_link_facts_t * facts, pl_err_t * err ) {
  static char const * const last[] = { "a", "b" };
  pl_lab_req_t req = { .op = PL_LAB_LOOK, .pair = at->pair, .end = at->end, .device = at->device };
  pl_lab_rep_t rep;
  char         name[PL_LAB_NAME_MAX];
  int          fds[PL_LAB_FDS_MAX];
  if( pl_lab_request( self, &req, &rep, fds, err ) ) return -1;
  snprintf( name, sizeof( name ), "pl%u%s", at->pair % PL_LAB_PAIRS_MAX, at->device == PL_LAB_TUN ? "t" : last[at->end & 1] );
  if( rep.fd_cnt == 2U ) pl_link_facts_by( fds[0], fds[1], name, facts );
  for( unsigned i = 0U; i < rep.fd_cnt; i++ ) close( fds[i] );
  if( rep.fd_cnt == 2U ) return 0;
  pl_err_set( err, EPROTO, "helper", "The lab's helper handed over nothing to ask with." );
  return -1;
}

/* The helper's answer to HELLO are the sockets of the monitor. */
static int
greet( pl_lab_t * self, unsigned pairs, unsigned mtu, pl_err_t * err ) {
  pl_lab_req_t req = { .op = PL_LAB_HELLO, .arg = { pairs, mtu } };
  pl_lab_rep_t rep;
  int          fds[PL_LAB_FDS_MAX];
  if( pl_lab_request( self, &req, &rep, fds, err ) ) return -1;
  pl_monitor_t * monitor = rep.fd_cnt == 2U ? pl_monitor_new( fds ) : NULL;
  pthread_mutex_lock( &self->mutex );
  self->monitor = monitor;
  if( monitor && self->dead ) pl_monitor_end( monitor );
  pthread_mutex_unlock( &self->mutex );
  if( monitor ) return 0;
  for( unsigned i = 0U; i < rep.fd_cnt; i++ ) close( fds[i] );
  pl_err_set( err, ENOMEM, "monitor", "No lab: its interfaces cannot be followed." );
  return -1;
}

pl_lab_t *
pl_lab_open( char const * helper, unsigned pairs, unsigned mtu, pl_err_t * err ) {
  int        socks[2];
  pl_lab_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self || socketpair( AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks ) ) {
    pl_err_set( err, self ? errno : ENOMEM, "socketpair", "No lab: %s.", strerror( self ? errno : ENOMEM ) );
    free( self );
    return NULL;
  }
  self->sock   = socks[0];
  self->helper = helper;
  /* Away from the number that it gets in the helper. */
  self->their_sock = fcntl( socks[1], F_DUPFD_CLOEXEC, PL_LAB_FD + 1 );
  int failed       = self->their_sock < 0 ? errno : 0;
  close( socks[1] );
  pthread_mutex_init( &self->ask, NULL );
  pthread_mutex_init( &self->mutex, NULL );
  pthread_cond_init( &self->cond, NULL );
  if( !failed ) {
    failed = pthread_create( &self->keeper, NULL, keep, self );
    if( failed ) close( self->their_sock );
  }
  if( failed ) {
    pl_err_set( err, failed, "thread", "No lab: %s.", strerror( failed ) );
    close( self->sock );
    free( self );
    return NULL;
  }
  pthread_mutex_lock( &self->mutex );
  while( !self->started ) pthread_cond_wait( &self->cond, &self->mutex );
  pthread_mutex_unlock( &self->mutex );
  if( self->spawn_err )
    pl_err_set( err, self->spawn_err, "start helper", "No lab: the helper program %s does not start: %s.", helper,
                strerror( self->spawn_err ) );
  else if( !greet( self, pairs, mtu, err ) )
    return self;
  pl_lab_close( self );
  return NULL;
}

void
pl_lab_on_death( pl_lab_t * self, void ( *fn )( void * arg ), void * arg ) {
  pthread_mutex_lock( &self->mutex );
  int dead       = self->dead;
  self->died     = fn;
  self->died_arg = arg;
  pthread_mutex_unlock( &self->mutex );
  if( dead ) fn( arg );
}

int
pl_lab_is_dead( pl_lab_t const * self ) {
  pl_lab_t * lab = (pl_lab_t *)self;
  pthread_mutex_lock( &lab->mutex );
  int dead = lab->dead;
  pthread_mutex_unlock( &lab->mutex );
  return dead;
}

int
pl_lab_pid( pl_lab_t const * self ) {
  pl_lab_t * lab = (pl_lab_t *)self;
  pthread_mutex_lock( &lab->mutex );
  int pid = lab->pid;
  pthread_mutex_unlock( &lab->mutex );
  return pid;
}

struct pl_monitor *
pl_lab_monitor( pl_lab_t const * self ) {
  return self->monitor;
}

void
pl_lab_end( pl_lab_t * self ) {
  end_helper( self, 1 );
}

void
pl_lab_close( pl_lab_t * self ) {
  if( !self ) return;
  end_helper( self, 1 );
  pthread_join( self->keeper, NULL );
  if( self->monitor ) pl_monitor_end( self->monitor );
  pl_monitor_release( self->monitor );
  close( self->sock );
  pthread_cond_destroy( &self->cond );
  pthread_mutex_destroy( &self->mutex );
  pthread_mutex_destroy( &self->ask );
  free( self );
}
