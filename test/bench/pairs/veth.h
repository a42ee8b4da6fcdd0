/* veth.h: the veth pair of a lab of its own (native/helper), for measurements: pl0a sends,
   pl0b is the peer.  A second pair like it, pl1a and pl1b, is for a program that does not
   share the one queue of an interface.  The process goes into the namespace of pl0a and stays there, so that
   nothing it sends can reach an interface of the computer; whatever it starts is there as
   well.  All of it goes with the process, however that ends. */

#ifndef BENCH_VETH_H
#define BENCH_VETH_H

#include "net/lab.h"
#include "pl_device.h"

#define VETH_MTU  (1500U)
#define VETH_PORT (9000U) /* UDP port that frames are for */

typedef struct {
  pl_lab_t *    lab;
  int           ns[2];    /* of pl0a and pl0b */
  int           counters; /* /proc/thread-self/net/dev */
  int           drop[2];  /* what holds the program that drops; -1 = nothing is dropped */
  pl_lab_port_t port;     /* pl0a */
} veth_t;

/* Makes the lab and goes into it; helper is its program.  0, or -1 after a sentence on
   stderr; then *skip says whether this machine cannot do it.  veth_close in either case. */
int  veth_open( veth_t * self, char const * helper, int * skip );
void veth_close( veth_t * self );

/* Asks the lab for descriptors on the end of the pair (or the TAP device beside it); fds
   are the caller's.  0, or -1 after a sentence on stderr. */
int veth_ask( veth_t * self, pl_lab_req_t const * req, pl_lab_port_t * port, int fds[PL_LAB_FDS_MAX] );

/* Has every frame that arrives at the interface dropped before anybody sees it: by an XDP
   program of two instructions, in native mode.  0, or -1 after a sentence on stderr. */
int veth_drop( veth_t * self, unsigned end, char const * name );

/* A socket of that namespace, as socket(2). */
int veth_socket( veth_t const * self, unsigned end, int domain, int type );

/* Frames that the kernel has moved so far: sent by pl0a (or pl1a) to a peer that took them,
   or taken from whoever writes to the TAP device. */
uint64_t veth_sent( veth_t const * self, char const * name );
uint64_t veth_written( veth_t const * self );

/* A frame of sz bytes (60 or more) from pl0a to VETH_PORT at pl0b. */
void veth_frame( veth_t const * self, uint8_t * frame, unsigned long sz );

#endif /* BENCH_VETH_H */
