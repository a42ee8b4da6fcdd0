/* chain.h: the stages in front of a backend: runner -> fault -> tee -> backend.
   They belong to the backend and are closed with it. */

#ifndef PL_CHAIN_H
#define PL_CHAIN_H

#include "stage/fault.h"
#include "stage/tee.h"

/* Puts the stage in front.  Each at most once, the tee before the fault stage.
   0, or -1 with err; on failure file still belongs to the caller. */
int pl_chain_set_tee( pl_backend_t * backend, pl_backend_t * file, pl_err_t * err );
int pl_chain_set_fault( pl_backend_t * backend, pl_fault_cfg_t const * cfg, pl_err_t * err );

/* Where a run sends to. */
pl_aio_t const * pl_chain_entry( pl_backend_t const * backend );

/* Services stages and backend.  Returns when to call again; UINT64_MAX when
   nothing waits for time. */
static inline uint64_t
pl_chain_service( pl_backend_t * backend, uint64_t now ) {
  uint64_t stage = backend->fault ? pl_fault_service( backend->fault, now ) : UINT64_MAX;
  uint64_t own   = backend->def->service ? backend->def->service( backend, now ) : UINT64_MAX;
  return stage < own ? stage : own;
}

/* Has the tee and the far end's recorder write what is due (recorder.h).  Returns
   when to call again. */
static inline uint64_t
pl_chain_record( pl_backend_t * backend, uint64_t now ) {
  uint64_t tee  = backend->tee ? pl_recorder_service( backend->tee->recorder, now ) : UINT64_MAX;
  uint64_t peer = backend->recorder ? pl_recorder_service( backend->recorder, now ) : UINT64_MAX;
  return tee < peer ? tee : peer;
}

/* Whether nothing is held or in flight any more. */
int pl_chain_idle( pl_backend_t const * backend );

/* Packets of the plan whose fate is decided: completed by the backend, copies not
   counted twice, and those that a stage dropped. */
uint64_t pl_chain_completed( pl_backend_t const * backend );

/* What the backend itself was offered and answered; entry is what the run offered
   to the first stage. */
pl_hop_t const * pl_chain_last_hop( pl_backend_t const * backend, pl_hop_t const * entry );

/* Time inside system calls that moved packets, the files of stages and far end
   included. */
uint64_t pl_chain_os_ns( pl_backend_t const * backend );

uint64_t pl_chain_not_captured( pl_backend_t const * backend );

/* Frees the stages. */
void pl_chain_delete( pl_backend_t * backend );

#endif /* PL_CHAIN_H */
