/* linkFacts( name ): what the kernel tells of an interface of this process's own
   network namespace. */

#include "handles.h"
#include "net/link_facts.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
  pl_job_t        job;
  char *          name;
  pl_link_facts_t facts;
} facts_job_t;

/* On a pool thread: the kernel answers once nobody changes interfaces. */
static int
facts_work( pl_job_t * job ) {
  facts_job_t * j = (facts_job_t *)job;
  int           e = pl_link_facts( j->name, &j->facts );
  if( e ) pl_err_set( &job->err, e, "rtnetlink socket", "The kernel gives no rtnetlink socket: %s.", strerror( e ) );
  return e;
}

static void
put_known( napi_env env, napi_value v, char const * name, int known ) {
  napi_value flag;
  if( known < 0 )
    napi_get_null( env, &flag );
  else
    napi_get_boolean( env, known != 0, &flag );
  pl_put( env, v, name, flag );
}

napi_value
pl_link_facts_object( napi_env env, struct pl_link_facts const * f ) {
  napi_value v;
  napi_create_object( env, &v );
  pl_put_number( env, v, "ifindex", f->ifindex );
  pl_put_number( env, v, "mtu", f->mtu );
  put_known( env, v, "up", f->up );
  put_known( env, v, "carrier", f->carrier );
  pl_put_string( env, v, "qdisc", f->qdisc );
  pl_put_string( env, v, "driver", f->driver );
  pl_put_number( env, v, "txQueues", f->tx_queues );
  pl_put_number( env, v, "rxQueues", f->rx_queues );
  put_known( env, v, "xdpAttached", f->xdp_attached );
  put_known( env, v, "xdpNative", f->xdp_native );
  put_known( env, v, "xdpZeroCopy", f->xdp_zero_copy );
  put_known( env, v, "threaded", f->threaded );
  pl_put_number( env, v, "queueLimit", f->queue_limit );
  put_known( env, v, "tso", ( f->offloads & PL_OFFLOAD_TSO ) != 0U );
  put_known( env, v, "gso", ( f->offloads & PL_OFFLOAD_GSO ) != 0U );
  put_known( env, v, "gro", ( f->offloads & PL_OFFLOAD_GRO ) != 0U );
  put_known( env, v, "lro", ( f->offloads & PL_OFFLOAD_LRO ) != 0U );
  return v;
}

static napi_value
facts_finish( napi_env env, pl_job_t * job ) {
  return pl_link_facts_object( env, &( (facts_job_t *)job )->facts );
}

static void
facts_drop( pl_job_t * job ) {
  free( ( (facts_job_t *)job )->name );
}

napi_value
pl_link_facts_of( napi_env env, napi_callback_info info ) {
  napi_value args[1];
  if( pl_args( env, info, 1, args ) ) return NULL;
  char * name = pl_arg_string( env, args[0], "the name of an interface" );
  if( !name ) return NULL;
  facts_job_t * j = calloc( 1UL, sizeof( *j ) );
  if( !j ) {
    free( name );
    return pl_throw( env, "The interface could not be looked at: out of memory." ), NULL;
  }
  j->job  = (pl_job_t){ .work = facts_work, .finish = facts_finish, .drop = facts_drop };
  j->name = name;
  return pl_job_start( env, &j->job, "linkFacts" );
}
