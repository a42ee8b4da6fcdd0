/* thread.h: what a run's thread asks of the system. */

#ifndef PL_OS_THREAD_H
#define PL_OS_THREAD_H

#include <pthread.h>
#include <stdint.h>

/* For the calling thread: short sleeps end in time, and the page and main come
   first.  Where the system can not do this for one thread, nothing happens. */
void pl_os_runner_thread( void );

/* A condition to wait on by pl_os_cond_wait.  Returns 0 or an errno. */
int pl_os_cond_init( pthread_cond_t * cond );

/* Waits until it is signalled or until this time of CLOCK_MONOTONIC, in ns.  Setting
   the wall clock does not make it longer on Linux; elsewhere it may, once. */
void pl_os_cond_wait( pthread_cond_t * cond, pthread_mutex_t * lock, uint64_t then );

#endif /* PL_OS_THREAD_H */
