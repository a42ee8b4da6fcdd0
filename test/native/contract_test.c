/* The clause suite on every backend, with many settings, on the recorder and on the receiver. */

#include "clauses.h"
#include "files.h"
#include "receive/receiver.h"
#include "stage/recorder.h"
#include "tap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define BACKEND                                                                                                       \
  .open = clause_backend_open, .work = clause_backend_work, .completed = clause_backend_completed,                    \
  .close = clause_backend_close

static clause_subject_t const null_subject = { BACKEND, .name = "null", .backend = "null", .any_size = 1, .completes = 1 };

#define LOOPBACK( MTU ) BACKEND, .backend = "loopback", .mtu = MTU, .sees = 1

static clause_subject_t const loopbacks[] = {
    { LOOPBACK( 4082UL ), .name = "loopback", .room = 1024UL, .exact = 1, .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback ring=1", .opts = { { "ring", 1, NULL } }, .opt_cnt = 1UL, .room = 1UL, .exact = 1,
      .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback ring=2", .opts = { { "ring", 2, NULL } }, .opt_cnt = 1UL, .room = 2UL, .exact = 1,
      .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback ring=3", .opts = { { "ring", 3, NULL } }, .opt_cnt = 1UL, .room = 3UL, .exact = 1,
      .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback ring=64", .opts = { { "ring", 64, NULL } }, .opt_cnt = 1UL, .room = 64UL, .exact = 1,
      .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback ring=64 drain=0", .opts = { { "ring", 64, NULL }, { "drain", 0, NULL } }, .opt_cnt = 2UL,
      .room = 64UL },
    { LOOPBACK( 4082UL ), .name = "loopback ring=16 drain=1000", .opts = { { "ring", 16, NULL }, { "drain", 1000, NULL } },
      .opt_cnt = 2UL, .room = 16UL, .exact = 1, .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback ring=64 drain=0.5", .opts = { { "ring", 64, NULL }, { "drain", 0.5, NULL } },
      .opt_cnt = 2UL, .room = 64UL, .exact = 1, .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback drain=1e9", .opts = { { "drain", 1e9, NULL } }, .opt_cnt = 1UL, .room = 1024UL,
      .exact = 1, .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback drain=max", .opts = { { "drain", INFINITY, NULL } }, .opt_cnt = 1UL, .room = 1024UL,
      .exact = 1, .completes = 1 },
    { LOOPBACK( 1500UL ), .name = "loopback mtu=1500", .opts = { { "mtu", 1500, NULL } }, .opt_cnt = 1UL,
      .room = 1024UL, .exact = 1, .completes = 1 },
    { LOOPBACK( 100UL ), .name = "loopback mtu=100", .opts = { { "mtu", 100, NULL }, { "ring", 8, NULL } }, .opt_cnt = 2UL,
      .room = 8UL, .exact = 1, .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback ring=32 delay=10ms", .opts = { { "ring", 32, NULL }, { "delay", 1e7, NULL } },
      .opt_cnt = 2UL, .room = 32UL, .exact = 1, .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback ring=8 delay=1s drain=100",
      .opts = { { "ring", 8, NULL }, { "delay", 1e9, NULL }, { "drain", 100, NULL } }, .opt_cnt = 3UL, .room = 8UL,
      .exact = 1, .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback loss=0.3", .opts = { { "loss", 0.3, NULL } }, .opt_cnt = 1UL, .room = 1024UL,
      .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback loss=1", .opts = { { "loss", 1, NULL } }, .opt_cnt = 1UL, .room = 1024UL,
      .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback duplicate=0.5 ring=5", .opts = { { "duplicate", 0.5, NULL }, { "ring", 5, NULL } },
      .opt_cnt = 2UL, .room = 5UL, .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback reorder=0.4 ring=7", .opts = { { "reorder", 0.4, NULL }, { "ring", 7, NULL } },
      .opt_cnt = 2UL, .room = 7UL, .completes = 1 },
    { LOOPBACK( 4082UL ), .name = "loopback loss, duplicate, reorder, delay, drain",
      .opts = { { "loss", 0.2, NULL }, { "duplicate", 0.2, NULL }, { "reorder", 0.3, NULL }, { "delay", 1e6, NULL },
                { "drain", 1e6, NULL }, { "seed", 42, NULL } },
      .opt_cnt = 6UL, .room = 1024UL, .completes = 1 },
};

static clause_subject_t const pcapng_subject = {
    BACKEND, .name = "pcapng", .backend = "pcapng", .sees = 1, .exact = 1, .completes = 1 };

/* ---- the recorder, which takes every frame and records those that a capture can hold */

static int
recorder_open( clause_instance_t * self ) {
  pl_err_t err;
  snprintf( self->path, sizeof( self->path ), "%s", files_new() );
  pl_opt_t const  file     = { .name = "file", .str = self->path };
  pl_backend_t *  backend  = pl_backend_open( "pcapng", &file, 1UL, 0, &err );
  pl_recorder_t * recorder = backend ? pl_recorder_new( backend ) : NULL;
  if( !CHECK( recorder ) ) return 0;
  self->stage = recorder;
  self->aio   = &recorder->aio;
  return 1;
}

/* Frames over 4096 B are seen and never recorded. */
static uint64_t
recorder_completed( clause_instance_t const * self ) {
  pl_recorder_t const * recorder = self->stage;
  CHECK( recorder->seen >= recorder->file->completed );
  return recorder->file->completed;
}

static void
recorder_close( clause_instance_t * self ) {
  pl_recorder_delete( self->stage );
}

static clause_subject_t const recorder_subject = { .name       = "recorder",
                                                   .open       = recorder_open,
                                                   .completed  = recorder_completed,
                                                   .close      = recorder_close,
                                                   .any_size   = 1,
                                                   .drops_over = 1,
                                                   .sees       = 1,
                                                   .exact      = 1 };

/* ---- what a run's far end hands frames to: the receiver, alone and with a recorder behind it */

typedef struct {
  pl_backend_t head;
} far_t;

static int
receiver_open( clause_instance_t * self ) {
  far_t * far = calloc( 1UL, sizeof( *far ) );
  if( !CHECK( far && ( far->head.receiver = pl_receiver_new( &far->head, 1 ) ) ) ) return 0;
  self->stage = far;
  self->aio   = pl_receive_sink( &far->head );
  return 1;
}

static int
recording_open( clause_instance_t * self ) {
  pl_recorder_t * recorder = recorder_open( self ) ? self->stage : NULL;
  if( !recorder || !receiver_open( self ) ) return 0;
  ( (far_t *)self->stage )->head.recorder = recorder;
  return 1;
}

/* Whatever is taken is listed and looked at for a signature. */
static uint64_t
receiver_completed( clause_instance_t const * self ) {
  pl_receiver_t * receiver = ( (far_t *)self->stage )->head.receiver;
  uint64_t        total    = 0UL;
  (void)pl_frames_list( &receiver->frames, NULL, 0UL, &total );
  CHECK_EQ( receiver->now.unsigned_cnt, total );
  return total;
}

static void
receiver_close( clause_instance_t * self ) {
  far_t * far = self->stage;
  if( far->head.recorder ) pl_recorder_delete( far->head.recorder );
  pl_receiver_delete( far->head.receiver );
  free( far );
}

static clause_subject_t const receiver_subjects[] = { { .name      = "receiver",
                                                        .open      = receiver_open,
                                                        .completed = receiver_completed,
                                                        .close     = receiver_close,
                                                        .any_size  = 1,
                                                        .completes = 1 },
                                                      { .name       = "receiver, recorder",
                                                        .open       = recording_open,
                                                        .completed  = receiver_completed,
                                                        .close      = receiver_close,
                                                        .any_size   = 1,
                                                        .drops_over = 1,
                                                        .sees       = 1,
                                                        .exact      = 1,
                                                        .completes  = 1 } };

/* ---- a loopback whose far end is another instance, which records what arrives */

static int
attached_open( clause_instance_t * self ) {
  static int number;
  char       name[32];
  pl_err_t   err = { 0 };
  snprintf( self->path, sizeof( self->path ), "%s", files_new() );
  snprintf( name, sizeof( name ), "clause %d", ++number );
  pl_opt_t const attach = { .name = "attach", .str = name };
  pl_opt_t const file   = { .name = "file", .str = self->path };
  self->backend         = pl_backend_open( "loopback", NULL, 0UL, 0, &err );
  self->stage           = pl_backend_open( "loopback", &attach, 1UL, 0, &err );
  pl_backend_t * peer   = pl_backend_open( "pcapng", &file, 1UL, 0, &err );
  if( !self->backend || !self->stage || !peer || pl_backend_join( self->backend, name, &err ) ||
      pl_backend_set_peer_out( self->stage, peer, &err ) )
    return CHECK_STR( err.sentence, "" ), 0;
  self->aio   = &self->backend->aio;
  self->clock = 1UL;
  return 1;
}

/* Both threads' work, one after the other. */
static void
attached_work( clause_instance_t * self ) {
  pl_backend_t * receiver = self->stage;
  for( uint64_t next = 0UL; next != UINT64_MAX; ) {
    next = self->backend->def->service( self->backend, self->clock++ );
    (void)receiver->def->service( receiver, self->clock );
  }
}

static void
attached_close( clause_instance_t * self ) {
  pl_backend_t * receiver = self->stage;
  CHECK_EQ( self->backend->received, 0UL );
  clause_backend_close( self );
  receiver->def->settle( receiver );
  pl_backend_close( receiver );
}

static clause_subject_t const attached_subject = { .name      = "loopback with another one attached",
                                                   .open      = attached_open,
                                                   .work      = attached_work,
                                                   .completed = clause_backend_completed,
                                                   .close     = attached_close,
                                                   .mtu       = 4082UL,
                                                   .sees      = 1,
                                                   .room      = 1024UL,
                                                   .exact     = 1,
                                                   .completes = 1 };

static clause_subject_t const udp_subject = { BACKEND, .name = "udp", .backend = "udp", .datagrams = 1, .completes = 1 };
static clause_subject_t const udp_cut     = { BACKEND, .name = "udp gso=on", .backend = "udp", .datagrams = 1, .completes = 1,
                                              .opts = { { "gso", 0, "on" } }, .opt_cnt = 1UL };

/* Loopbacks that stand behind stages: plain, a ring of 3, no drain, a small MTU, delay, and all at once. */
static int const staged[] = { 0, 3, 5, 10, 12, 18 };

int
main( void ) {
  clauses_run( &udp_subject );
  clauses_run( &udp_cut );
  clauses_run( &attached_subject );
  clauses_run_staged( &null_subject );
  clauses_run_staged( &attached_subject );
  for( unsigned long i = 0UL; i < sizeof( staged ) / sizeof( staged[0] ); i++ ) clauses_run_staged( &loopbacks[staged[i]] );
  clauses_run_staged( &pcapng_subject );
  clauses_run_staged( &udp_subject );
  clauses_run_staged( &udp_cut );
  clauses_run( &null_subject );
  for( unsigned long i = 0UL; i < sizeof( loopbacks ) / sizeof( loopbacks[0] ); i++ ) clauses_run( &loopbacks[i] );
  clauses_run( &pcapng_subject );
  clauses_run( &recorder_subject );
  for( int i = 0; i < 2; i++ ) clauses_run( &receiver_subjects[i] );
  return tap_end();
}
