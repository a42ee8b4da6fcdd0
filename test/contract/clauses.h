/* clauses.h: the clauses of pl_aio.h as a suite that runs on anything with a
   send function: a backend or a stage.

   A subject says how to open a fresh instance and what it promises beside the
   clauses; clauses_run then tries each clause at 60 B and at the largest size
   the subject takes. */

#ifndef TEST_CLAUSES_H
#define TEST_CLAUSES_H

#include "frames.h"
#include "pl_backend.h"

typedef struct clause_subject clause_subject_t;

/* One opened instance. */
typedef struct {
  clause_subject_t const * subject;
  pl_aio_t const *         aio;
  pl_backend_t *           backend;
  void *                   stage;     /* of the subject, may be NULL */
  char                     path[128]; /* the file in which frames arrive, "" when they cannot be seen */
  uint64_t                 clock;     /* what the subject is told the time is */
} clause_instance_t;

struct clause_subject {
  char const * name;

  /* Opens a fresh instance: fills aio and what it needs itself.  1, or 0. */
  int ( *open )( clause_instance_t * self );

  /* Moves what was flushed until nothing moves any more; waits for nothing.
     NULL when there is nothing to move. */
  void ( *work )( clause_instance_t * self );

  /* Packets completed so far. */
  uint64_t ( *completed )( clause_instance_t const * self );

  /* Closes.  Afterwards path is complete. */
  void ( *close )( clause_instance_t * self );

  /* For open: the backend and its options (see clause_backend_open). */
  char const *  backend;
  pl_opt_t      opts[8];
  unsigned long opt_cnt;

  unsigned long room; /* packets a fresh instance takes before AGAIN when nothing is moved; 0 = never AGAIN */
  unsigned long holds; /* packets the far end has room for until work is called; 0 = for all */
  unsigned long mtu;  /* of the frame limit; 0 = no MTU */
  int           any_size;    /* takes buffers over 4096 B */
  int           drops_over;  /* and such frames do not arrive */
  int           datagrams;   /* takes well-formed UDP frames only */
  int           ethernet;    /* takes no frame under 14 B */
  int           frees;       /* room comes back by itself after a flush or an AGAIN */
  int           sees;        /* frames arrive in path */
  int           exact;       /* what was taken arrives once and in order */
  int           completes;   /* after a flush and work everything taken is completed */
};

/* Open, work, completed and close of a backend from the table.  Frames arrive in
   the file of pcapng or, when sees is set, in a file of the backend's peer. */
int      clause_backend_open( clause_instance_t * self );
void     clause_backend_work( clause_instance_t * self );
uint64_t clause_backend_completed( clause_instance_t const * self );
void     clause_backend_close( clause_instance_t * self );

/* Tries every clause, a TAP case each. */
void clauses_run( clause_subject_t const * subject );

/* The same behind the tee, behind the fault stage, behind both (0 to 2); and behind each. */
#define CLAUSE_STAGES (3)
void clauses_run_stage( clause_subject_t const * of, int stage );
void clauses_run_staged( clause_subject_t const * of );

#endif /* TEST_CLAUSES_H */
