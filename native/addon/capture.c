/* scanCapture( path, listMax ): reads a capture once, on a pool thread, and
   answers with totals and, for the first listMax frames, columns as typed arrays.
   probeCapture( path ): whether a run could send anything of it; touches nothing else. */

#include "handles.h"
#include "run/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX (1000000.0)

#define LINKS_MAX (32U)

/* One line of the list; times are relative to the first frame. */
typedef struct {
  double   time_s, offset;
  uint32_t caplen, origlen, link;
} row_t;

typedef struct {
  pl_job_t job;
  char *   path;
  uint64_t list_max;
  int      format;
  uint64_t file_sz, frames, bytes, sendable, oversize, truncated;
  double   seconds;
  uint32_t link[LINKS_MAX];
  uint64_t link_frames[LINKS_MAX];
  unsigned link_cnt;
  row_t *  rows;
  uint64_t row_cnt, row_cap;
  char     problem[PL_SENTENCE_MAX];
} scan_job_t;

static int
keep_row( scan_job_t * j, row_t const * row ) {
  if( j->row_cnt == j->row_cap ) {
    uint64_t cap  = j->row_cap ? 2UL * j->row_cap : 1024UL;
    row_t *  rows = realloc( j->rows, cap * sizeof( row_t ) );
    if( !rows ) return -1;
    j->rows    = rows;
    j->row_cap = cap;
  }
  j->rows[j->row_cnt++] = *row;
  return 0;
}

static void
count_link( scan_job_t * j, uint32_t link ) {
  unsigned i = 0U;
  while( i < j->link_cnt && j->link[i] != link ) i++;
  if( i == LINKS_MAX ) return;
  if( i == j->link_cnt ) j->link[j->link_cnt++] = link;
  j->link_frames[i]++;
}

static int
scan_work( pl_job_t * job ) {
  scan_job_t *   j       = (scan_job_t *)job;
  pl_capture_t * capture = pl_capture_open( j->path, &job->err );
  if( !capture ) return 1;
  pl_frame_t f;
  uint64_t   first = 0UL, last = 0UL;
  int        got;
  while( ( got = pl_capture_next( capture, &f ) ) == 1 ) {
    if( !j->frames ) first = f.ts_ns;
    if( f.ts_ns > last ) last = f.ts_ns;
    double const time_s = (double)( (int64_t)f.ts_ns - (int64_t)first ) / 1e9;
    j->frames++;
    j->bytes += f.caplen;
    j->truncated += f.caplen < f.origlen;
    j->oversize += f.caplen > PL_AIO_PKT_INFO_BUF_MAX;
    j->sendable += f.link == PL_LINKTYPE_ETHERNET && f.caplen <= PL_AIO_PKT_INFO_BUF_MAX;
    count_link( j, f.link );
    row_t const row = { .time_s = time_s, .offset = (double)f.offset, .caplen = f.caplen, .origlen = f.origlen, .link = f.link };
    if( j->row_cnt < j->list_max && keep_row( j, &row ) ) {
      pl_err_set( &job->err, 0, "memory", "The capture could not be listed: out of memory after %lu frames.", j->frames );
      pl_capture_close( capture );
      return 1;
    }
  }
  if( got < 0 ) snprintf( j->problem, sizeof( j->problem ), "%s", pl_capture_problem( capture ) );
  j->format  = pl_capture_format( capture );
  j->file_sz = pl_capture_file_sz( capture );
  j->seconds = j->frames && last > first ? (double)( last - first ) / 1e9 : 0.0;
  pl_capture_close( capture );
  return 0;
}

/* A typed array of n elements, and where to write them. */
static void *
column( napi_env env, napi_value obj, char const * name, napi_typedarray_type type, size_t elem, size_t n ) {
  void *     data = NULL;
  napi_value buffer, array;
  if( napi_create_arraybuffer( env, elem * n, &data, &buffer ) != napi_ok ||
      napi_create_typedarray( env, type, n, buffer, 0, &array ) != napi_ok )
    return NULL;
  pl_put( env, obj, name, array );
  return data;
}

static napi_value
link_list( napi_env env, scan_job_t const * j ) {
  napi_value list, v;
  char       name[64];
  napi_create_array( env, &list );
  for( unsigned i = 0U; i < j->link_cnt; i++ ) {
    napi_create_object( env, &v );
    pl_put_number( env, v, "link", j->link[i] );
    pl_put_string( env, v, "name", pl_linktype_name( (uint16_t)j->link[i], name, sizeof( name ) ) );
    pl_put_number( env, v, "frames", (double)j->link_frames[i] );
    napi_set_element( env, list, i, v );
  }
  return list;
}

static napi_value
scan_finish( napi_env env, pl_job_t * job ) {
  scan_job_t * j = (scan_job_t *)job;
  napi_value   v;
  napi_create_object( env, &v );
  pl_put_string( env, v, "format", j->format == PL_FORMAT_PCAP ? "pcap" : "pcapng" );
  pl_put_number( env, v, "fileBytes", (double)j->file_sz );
  pl_put_number( env, v, "frames", (double)j->frames );
  pl_put_number( env, v, "bytes", (double)j->bytes );
  pl_put_number( env, v, "sendable", (double)j->sendable );
  pl_put_number( env, v, "oversize", (double)j->oversize );
  pl_put_number( env, v, "truncated", (double)j->truncated );
  pl_put_number( env, v, "seconds", j->seconds );
  pl_put_string( env, v, "problem", j->problem );
  pl_put( env, v, "links", link_list( env, j ) );
  size_t     n       = j->row_cnt;
  double *   time    = column( env, v, "time", napi_float64_array, sizeof( double ), n );
  double *   offset  = column( env, v, "offset", napi_float64_array, sizeof( double ), n );
  uint32_t * caplen  = column( env, v, "caplen", napi_uint32_array, sizeof( uint32_t ), n );
  uint32_t * origlen = column( env, v, "origlen", napi_uint32_array, sizeof( uint32_t ), n );
  uint16_t * link    = column( env, v, "link", napi_uint16_array, sizeof( uint16_t ), n );
  if( n && ( !time || !offset || !caplen || !origlen || !link ) ) {
    pl_throw( env, "The capture could not be listed: out of memory." );
    return NULL;
  }
  for( size_t i = 0; i < n; i++ ) {
    time[i]    = j->rows[i].time_s;
    offset[i]  = j->rows[i].offset;
    caplen[i]  = j->rows[i].caplen;
    origlen[i] = j->rows[i].origlen;
    link[i]    = (uint16_t)j->rows[i].link;
  }
  return v;
}

static void
scan_drop( pl_job_t * job ) {
  scan_job_t * j = (scan_job_t *)job;
  free( j->path );
  free( j->rows );
}

napi_value
pl_scan_capture( napi_env env, napi_callback_info info ) {
  napi_value args[2];
  uint64_t   list_max;
  if( pl_args( env, info, 2, args ) || pl_arg_whole( env, args[1], "listMax", 0, LIST_MAX, &list_max ) ) return NULL;
  char * path = pl_arg_string( env, args[0], "path" );
  if( !path ) return NULL;
  scan_job_t * j = calloc( 1UL, sizeof( *j ) );
  if( !j ) {
    free( path );
    return pl_throw( env, "The capture could not be opened: out of memory." ), NULL;
  }
  j->job      = (pl_job_t){ .work = scan_work, .finish = scan_finish, .drop = scan_drop };
  j->path     = path;
  j->list_max = list_max;
  return pl_job_start( env, &j->job, "scanCapture" );
}

typedef struct {
  pl_job_t job;
  char *   path;
} probe_job_t;

static int
probe_work( pl_job_t * job ) {
  pl_source_t * source = pl_source_capture( ( (probe_job_t *)job )->path, 1UL, &job->err );
  pl_source_delete( source );
  return !source;
}

static napi_value
probe_finish( napi_env env, pl_job_t * job ) {
  (void)job;
  napi_value undefined;
  napi_get_undefined( env, &undefined );
  return undefined;
}

static void
probe_drop( pl_job_t * job ) {
  free( ( (probe_job_t *)job )->path );
}

napi_value
pl_probe_capture( napi_env env, napi_callback_info info ) {
  napi_value args[1];
  if( pl_args( env, info, 1, args ) ) return NULL;
  char * path = pl_arg_string( env, args[0], "path" );
  if( !path ) return NULL;
  probe_job_t * j = calloc( 1UL, sizeof( *j ) );
  if( !j ) {
    free( path );
    return pl_throw( env, "The capture could not be opened: out of memory." ), NULL;
  }
  j->job  = (pl_job_t){ .work = probe_work, .finish = probe_finish, .drop = probe_drop };
  j->path = path;
  return pl_job_start( env, &j->job, "probeCapture" );
}
