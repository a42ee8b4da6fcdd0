#include "stage/chain.h"

#include <errno.h>

int
pl_chain_set_tee( pl_backend_t * backend, pl_backend_t * file, pl_err_t * err ) {
  pl_tee_t * tee = backend->tee || backend->fault ? NULL : pl_tee_new( &backend->aio, file );
  if( !tee ) {
    pl_err_set( err, ENOMEM, "stages", "The tee could not be put before %s: there is one, or memory ran out.",
                backend->def->name );
    return -1;
  }
  backend->tee = tee;
  return 0;
}

int
pl_chain_set_fault( pl_backend_t * backend, pl_fault_cfg_t const * cfg, pl_err_t * err ) {
  pl_fault_t * fault = backend->fault ? NULL : pl_fault_new( pl_chain_entry( backend ), cfg, backend );
  if( !fault ) {
    pl_err_set( err, ENOMEM, "stages", "The fault stage could not be put before %s: there is one, or memory ran out.",
                backend->def->name );
    return -1;
  }
  backend->fault = fault;
  return 0;
}

pl_aio_t const *
pl_chain_entry( pl_backend_t const * backend ) {
  if( backend->fault ) return pl_fault_aio( backend->fault );
  return backend->tee ? &backend->tee->aio : &backend->aio;
}

int
pl_chain_idle( pl_backend_t const * backend ) {
  if( backend->fault && pl_fault_did( backend->fault )->held ) return 0;
  return !backend->def->idle || backend->def->idle( backend );
}

uint64_t
pl_chain_completed( pl_backend_t const * backend ) {
  if( !backend->fault ) return backend->completed;
  pl_fault_did_t const * did = pl_fault_did( backend->fault );
  return backend->completed + did->dropped + did->lost_held - pl_fault_extra( backend->fault );
}

pl_hop_t const *
pl_chain_last_hop( pl_backend_t const * backend, pl_hop_t const * entry ) {
  if( backend->tee ) return &backend->tee->hop;
  return backend->fault ? pl_fault_sent( backend->fault ) : entry;
}

uint64_t
pl_chain_os_ns( pl_backend_t const * backend ) {
  uint64_t ns = backend->os_ns;
  if( backend->tee ) ns += backend->tee->recorder->file->os_ns;
  return backend->recorder ? ns + backend->recorder->file->os_ns : ns;
}

uint64_t
pl_chain_not_captured( pl_backend_t const * backend ) {
  return ( backend->tee ? pl_tee_not_captured( backend->tee ) : 0UL ) +
         ( backend->recorder ? pl_recorder_not_captured( backend->recorder ) : 0UL );
}

void
pl_chain_delete( pl_backend_t * backend ) {
  pl_fault_delete( backend->fault );
  pl_tee_delete( backend->tee );
  backend->fault = NULL;
  backend->tee   = NULL;
}
