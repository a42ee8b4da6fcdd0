/* pl_device.h: a kernel interface that was handed to a backend: who it is, and the
   descriptors to work with. */

#ifndef PL_DEVICE_H
#define PL_DEVICE_H

#include "pl_lab.h"

/* Descriptors belong to the backend from a successful open on; on failure they stay
   the caller's. -1 = none. */
typedef struct pl_device {
  pl_lab_port_t port;       /* the end that is sent to */
  unsigned      end;        /* whose namespace it is in: PL_LAB_END_* */
  int           send_fd;    /* socket or TAP */
  int           tag_fd;     /* af_packet: a second socket like send_fd, for frames that one has no room for */
  int           mem_fd;     /* af_xdp: the UMEM's memfd */
  int           recv_fd;    /* AF_PACKET socket on the other end, which counts what arrives */

  /* What becomes of the interface (native/src/net/monitor.h): shared by all devices of
     a lab; a backend holds it.  NULL = nobody tells. */
  struct pl_monitor * monitor;
} pl_device_t;

#endif /* PL_DEVICE_H */
