/* lab.h: main's side of a lab: it starts the helper, asks it, and sees it end.

   What a lab is and what can be asked stands in pl_lab.h. */

#ifndef PL_NET_LAB_H
#define PL_NET_LAB_H

#include "pl_backend.h"
#include "pl_lab.h"

typedef struct pl_lab pl_lab_t;

/* Starts the helper program and has it make the pairs.  NULL with err: then nothing
   is left.  Blocks until the pairs are there. */
pl_lab_t * pl_lab_open( char const * helper, unsigned pairs, unsigned mtu, pl_err_t * err );

/* Has fn called once, when the helper has ended by itself (not by pl_lab_close), on a
   thread of the lab's own; at once when that has happened already. */
void pl_lab_on_death( pl_lab_t * self, void ( *fn )( void * arg ), void * arg );

/* Whether the helper has ended. */
int pl_lab_is_dead( pl_lab_t const * self );

/* Asks and waits for the answer; any thread may ask, one after the other is answered.
   Fills magic and seq of req.  0: rep->fd_cnt descriptors are in fds and the caller's.
   -1: err has errno, the helper's step and a sentence; rep tells of the port if the
   helper answered. */
int pl_lab_request( pl_lab_t * self, pl_lab_req_t const * req, pl_lab_rep_t * rep, int fds[PL_LAB_FDS_MAX],
                    pl_err_t * err );

/* What the kernel tells of an interface of the lab (net/link_facts.h), asked with sockets
   of its namespace, which are closed again.  0, or -1 with err.  Any thread. */
struct pl_link_facts;
int pl_lab_look( pl_lab_t * self, pl_lab_req_t const * at, struct pl_link_facts * facts, pl_err_t * err );

/* What becomes of the lab's interfaces (net/monitor.h): borrowed until pl_lab_close,
   unless it is held.  It ends with the helper. */
struct pl_monitor * pl_lab_monitor( pl_lab_t const * self );

/* The helper's process id, for tests; 0 once it has ended. */
int pl_lab_pid( pl_lab_t const * self );

/* Ends the helper now, without waiting: questions under way fail.  Any thread.  Nobody
   is told; pl_lab_close is still to come. */
void pl_lab_end( pl_lab_t * self );

/* Ends the helper, and with it all that was not handed over.  NULL is fine. */
void pl_lab_close( pl_lab_t * self );

#endif /* PL_NET_LAB_H */
