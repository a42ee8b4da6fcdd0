/* nic.h: what measurements of backends on a kernel interface share.  A sender is one way to
   send the same frame over and over, with nothing around it: bare system calls, or another
   program. */

#ifndef BENCH_NIC_H
#define BENCH_NIC_H

#include "pair.h"
#include "veth.h"

/* How long one side is measured at a time: opening and closing are not in it, and take the
   product some 30 ms. */
#define NIC_TURN_NS (50000000UL)

/* Before that each side sends for so long: caches are warm, and what is touched first is. */
#define NIC_WARM_NS (5000000UL)

#define NIC_BATCH_MAX (64UL)

typedef struct {
  veth_t        veth;
  unsigned long batch;
  unsigned long sz;
  uint8_t       frame[PL_AIO_PKT_INFO_BUF_MAX];
  int           send_fd;  /* of an af_xdp socket or a TAP device, which both sides use in turns; -1 */
  int           mem_fd;
} nic_t;

typedef struct {
  char const * name;

  /* Makes it ready: 0, or -1 after a sentence on stderr. */
  int ( *open )( nic_t * nic );

  /* Sends for so many ns: how many frames, and in how many ns (negative after a sentence on
     stderr). */
  double ( *turn )( nic_t * nic, uint64_t for_ns, uint64_t * sent );
  void ( *close )( nic_t * nic );
  int is_program; /* another one; it may pin itself, and does so to the first CPU */
} sender_t;

extern sender_t const sender_sendmmsg;
extern sender_t const sender_sendmmsg_bypass;
extern sender_t const sender_tx_ring;
extern sender_t const sender_tx_ring_bypass;
extern sender_t const sender_af_xdp;
extern sender_t const sender_tap;
extern sender_t const sender_udp;
extern sender_t const sender_udp_gso;

extern sender_t const sender_trafgen;
extern sender_t const sender_tcpreplay;
extern sender_t const sender_testpmd;

/* A capture of the frame in memory, for whoever sends a file: its descriptor and path, or -1
   after a sentence on stderr. */
#define NIC_CAPTURE_FRAMES (1000UL)
#define NIC_PATH_MAX       (64UL)
int nic_capture( nic_t const * nic, char path[NIC_PATH_MAX] );

/* The descriptors of a request: 0, or -1 after a sentence on stderr. */
int nic_ask( nic_t * nic, uint16_t op, uint32_t arg0, uint32_t arg1, pl_lab_port_t * port, int fds[PL_LAB_FDS_MAX] );

#endif /* BENCH_NIC_H */
