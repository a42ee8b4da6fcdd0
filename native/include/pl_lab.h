/* pl_lab.h: what main and the lab helper say to each other: fixed-size requests and
   replies over one SOCK_SEQPACKET socketpair, descriptors by SCM_RIGHTS.

   The helper (native/helper) holds two private network namespaces, all ends "a" of
   the veth pairs in the one and all ends "b" in the other, does what needs rights
   there and ends with the socket.  Nothing outlives it but descriptors that were
   handed over.  Numbers are in host order unless said otherwise: both sides run on
   one machine. */

#ifndef PL_LAB_H
#define PL_LAB_H

#include <stdint.h>

#define PL_LAB_MAGIC      (0x504c4142U) /* "PLAB" */
#define PL_LAB_FD         (3)           /* the helper's end of the socketpair */
#define PL_LAB_PAIRS_MAX  (16U)
#define PL_LAB_NAME_MAX   (16U)         /* IFNAMSIZ, with the NUL */
#define PL_LAB_FDS_MAX    (2U)          /* descriptors in one reply */
#define PL_LAB_ARGS       (4U)
#define PL_LAB_MTU_MIN    (68U)         /* the least an IPv4 link may have (RFC 791) */
#define PL_LAB_MTU_MAX    (65521U)      /* the most that veth and TAP both take */
#define PL_LAB_FRAME_SZ   (4096U)       /* one frame of an AF_XDP UMEM */
#define PL_LAB_FRAMES_MAX (32768U)
#define PL_LAB_SLOTS_MAX  (16384U)      /* of a ring; slots are powers of two, as the kernel asks */
#define PL_LAB_QUEUE_MAX  (1000000U)    /* packets in a queue */

enum { PL_LAB_END_A = 0, PL_LAB_END_B = 1 };

/* What a request is about: the end of the pair, or the TAP device "plNt" in the
   end's namespace, which the TAP request makes. */
enum { PL_LAB_VETH = 0, PL_LAB_TUN = 1 };

/* op          args                              hands over
   HELLO       [0] pairs, [1] MTU                rtnetlink sockets of both namespaces
               makes the pairs; once               (a, b), joined to RTMGRP_LINK and
                                                   RTMGRP_TC, non-blocking
   PORT        -                                 -
   PACKET      [0] EtherType, host order;        AF_PACKET SOCK_RAW socket bound to the
               0 = for sending only                interface, non-blocking; a receiving
                                                   one ignores outgoing frames
   XDP         [0] frames of PL_LAB_FRAME_SZ,    AF_XDP socket bound to queue 0 with all
               [1] slots of each ring,             four rings, and the memfd that is its
               [2] 1 = zero-copy, 0 = copy         UMEM
   TAP         [0] MTU                           TAP device, non-blocking; it goes when
                                                   the descriptor is closed
   UDP         [0] AF_INET or AF_INET6           datagram socket of the end's namespace,
                                                   non-blocking
   LINK        [0] 1 up, 0 down                  -
   DELETE      -  (both ends, or the TAP)        -
   CREATE      [0] MTU (the pair again)          -
   MTU         [0] bytes                         -
   CARRIER     [0] 1 on, 0 off: the peer of      -
               the end is set up or down
   QDISC       [0] packets; 0 = no queue         -
   LOOK        -                                 rtnetlink socket and generic netlink
                                                   socket of the end's namespace, to ask
                                                   about its interfaces with
   Arguments that are not listed are 0. XDP, UDP and CREATE are of ends only.
   Every reply tells of the port after the request, as far as it is there. */
enum {
  PL_LAB_HELLO = 1,
  PL_LAB_PORT,
  PL_LAB_PACKET,
  PL_LAB_XDP,
  PL_LAB_TAP,
  PL_LAB_UDP,
  PL_LAB_LINK,
  PL_LAB_DELETE,
  PL_LAB_CREATE,
  PL_LAB_MTU,
  PL_LAB_CARRIER,
  PL_LAB_QDISC,
  PL_LAB_LOOK,
  PL_LAB_OP_END
};

typedef struct {
  uint32_t magic;
  uint32_t seq;    /* comes back in the reply */
  uint16_t op;
  uint16_t pair;   /* 0-based */
  uint16_t end;    /* PL_LAB_END_* */
  uint16_t device; /* PL_LAB_VETH or PL_LAB_TUN */
  uint32_t arg[PL_LAB_ARGS];
} pl_lab_req_t;

/* One end of a pair, or a TAP device: that has no address, and both MAC addresses are
   its own. */
typedef struct {
  char     name[PL_LAB_NAME_MAX]; /* "pl0a"; empty when it is not there */
  uint32_t ifindex;
  uint32_t mtu;
  uint32_t up;         /* IFF_UP */
  uint32_t carrier;    /* IFF_LOWER_UP */
  uint32_t addr4;      /* 198.18.N.1 (a) or .2 (b), network order */
  uint32_t peer_addr4; /* the other end's, network order */
  uint8_t  mac[6];
  uint8_t  peer_mac[6];
} pl_lab_port_t;

typedef struct {
  uint32_t      magic;
  uint32_t      seq;
  int32_t       err;      /* errno, 0 = done */
  uint32_t      fd_cnt;   /* descriptors that came along */
  char          step[32]; /* what failed: "unshare", "veth", "bind" ...; "" when nothing did */
  pl_lab_port_t port;
} pl_lab_rep_t;

/* Checks a request as it came: 0, or an errno with the step. Pure, so that it can be
   fuzzed; the helper does nothing that this has not accepted. */
int pl_lab_check( void const * bytes, unsigned long sz, unsigned pairs, char const ** step );

#endif /* PL_LAB_H */
