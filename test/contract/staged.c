/* The suite on a backend behind stages, with no fault set. */

#include "clauses.h"
#include "files.h"
#include "stage/chain.h"
#include "tap.h"

#include <stdio.h>

static clause_subject_t const * behind; /* what the stages stand in front of */

static int
open_behind( clause_instance_t * self, int with_tee, int with_fault ) {
  pl_fault_cfg_t const none = { .again_at = PL_FAULT_NEVER, .inval_at = PL_FAULT_NEVER };
  if( !behind->open( self ) ) return 0;
  if( with_tee ) {
    pl_opt_t const file = { .name = "file", .str = files_new() };
    pl_backend_t * tee  = pl_backend_open( "pcapng", &file, 1UL, 0, NULL );
    if( !CHECK( tee && !pl_chain_set_tee( self->backend, tee, NULL ) ) ) return 0;
  }
  if( with_fault && !CHECK( !pl_chain_set_fault( self->backend, &none, NULL ) ) ) return 0;
  self->aio = pl_chain_entry( self->backend );
  return 1;
}

static int
open_tee( clause_instance_t * self ) {
  return open_behind( self, 1, 0 );
}

static int
open_fault( clause_instance_t * self ) {
  return open_behind( self, 0, 1 );
}

static int
open_both( clause_instance_t * self ) {
  return open_behind( self, 1, 1 );
}

void
clauses_run_stage( clause_subject_t const * of, int stage ) {
  struct {
    char const * name;
    int ( *open )( clause_instance_t * );
  } const stages[CLAUSE_STAGES] = { { "tee", open_tee }, { "fault", open_fault }, { "fault, tee", open_both } };
  char             name[128];
  clause_subject_t subject = *of;
  snprintf( name, sizeof( name ), "%s, %s", stages[stage].name, of->name );
  behind       = of;
  subject.name = name;
  subject.open = stages[stage].open;
  clauses_run( &subject );
}

void
clauses_run_staged( clause_subject_t const * of ) {
  for( int i = 0; i < CLAUSE_STAGES; i++ ) clauses_run_stage( of, i );
}
