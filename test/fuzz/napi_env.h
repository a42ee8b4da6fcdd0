/* napi_env.h: the one environment, shared by the two halves of the small Node-API. */

#ifndef TEST_NAPI_ENV_H
#define TEST_NAPI_ENV_H

#include "napi.h"
#include "target.h"

#define FUNCTIONS_MAX (32UL)
#define HOOKS_MAX     (256U)
#define WORKS_MAX     (64U)
#define HANDLES_MAX   (64U)

typedef struct {
  char const * name; /* NULL for elements of arrays */
  napi_value   value;
} member_t;

struct napi_value__ {
  napi_value           next; /* all values of the environment */
  napi_valuetype       type;
  double               num;
  int                  b, is_array, is_typed, tagged;
  napi_typedarray_type elem;
  uint8_t *            data; /* of strings and bytes */
  size_t               len;
  member_t *           members;
  uint32_t             cnt;
  void ( *getter )( void );
  napi_value    got;
  void *        wrapped;
  napi_finalize finalize;
  napi_type_tag tag;
  unsigned      refs; /* strong references */
};

typedef struct {
  size_t       argc;
  napi_value * argv;
} call_t;

struct napi_async_work__ {
  napi_async_execute_callback  execute;
  napi_async_complete_callback complete;
  void *                       data;
  int                          done;
};

struct napi_threadsafe_function__ {
  napi_threadsafe_function_call_js call;
  napi_value                       callback;
};

struct napi_ref__ {
  napi_value v;
  napi_ref   next; /* of all that are not deleted yet */
};

/* Everything an environment holds. */
typedef struct {
  napi_value      values, exception;
  napi_ref        refs;
  int             closing;
  unsigned        function_cnt, hook_cnt, work_cnt, handle_cnt, fail;
  napi_property_descriptor functions[FUNCTIONS_MAX];
  napi_async_work works[WORKS_MAX]; /* oldest first */
  napi_value      handles[HANDLES_MAX];
  struct {
    napi_cleanup_hook fn;
    void *            arg;
  } hooks[HOOKS_MAX];
} environment_t;

extern environment_t the;

napi_value js_new( napi_valuetype type );

/* Whether JavaScript may run: no exception is pending and the environment lives. */
int may_run( void );

/* Whether this allocation of Node is the one to fail. */
int fails( void );

/* What people read is one sentence. */
void is_sentence( char const * text, size_t len );

#endif /* TEST_NAPI_ENV_H */
