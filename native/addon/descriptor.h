/* descriptor.h: descriptors of a lab as objects of JavaScript.  Each belongs to its
   lab until a backend takes it or it is closed; what is left ends with the lab. */

#ifndef PL_DESCRIPTOR_H
#define PL_DESCRIPTOR_H

#include "args.h"

/* The descriptors of one lab; shared by the lab and its descriptors. */
typedef struct pl_descriptors pl_descriptors_t;

pl_descriptors_t * pl_descriptors_new( void );
void               pl_descriptors_release( pl_descriptors_t * self );

/* Closes all that are left, and from then on every one that is added. Any thread. */
void pl_descriptors_end( pl_descriptors_t * self );

/* An object for fd, or NULL (thrown); fd is the set's in either case. */
napi_value pl_descriptor_new( napi_env env, pl_descriptors_t * set, int fd );

/* Takes the descriptor out of its set: it is the caller's.  -1 = thrown (no descriptor,
   or closed or taken already). */
int pl_descriptor_take( napi_env env, napi_value v );

/* descriptorNumber( descriptor ): for whoever looks at it in /proc; -1 when it is closed
   or taken. */
napi_value pl_descriptor_number( napi_env env, napi_callback_info info );

/* closeDescriptor( descriptor ) */
napi_value pl_close_descriptor( napi_env env, napi_callback_info info );

#endif /* PL_DESCRIPTOR_H */
