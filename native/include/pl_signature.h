/* pl_signature.h: the signature of a packet: 24 bytes at the end of its payload that say
   who sent it, which one it is and when it left.  All numbers in network order:

     offset  bytes
          0      4  magic, PL_SIGNATURE_MAGIC ("PLSG")
          4      2  stream: which stream of the plan, from 0
          6      2  check: makes the Internet checksum (RFC 1071) of the 24 bytes 0xffff
          8      8  sequence number in the stream, from 0; packets that were taken have
                    numbers without a gap
         16      8  send time: CLOCK_MONOTONIC of the sending host in ns

   The payload is what lies behind the last header and before padding: Ethernet with VLAN
   tags, IPv4 and IPv6 (no fragments; nested ones as well), UDP, TCP, ICMP echo, VXLAN, and
   what is behind the last of these that is there.  Who holds fewer than 24 bytes of it, or
   whose lengths do not fit the frame, can't be signed.

   Because of the check the 24 bytes always have the same sum, so a checksum that covers
   them is mended once and stays (RFC 7820 does so for OWAMP and TWAMP).  It is mended by
   the difference (RFC 1624): one that was right stays right, one that was wrong on purpose
   stays wrong by as much, and none (UDP over IPv4) stays none.  Nobody has to decide which
   it was.  Where several cover the payload (a datagram in VXLAN) the innermost is mended,
   which leaves those around it as they were. */

#ifndef PL_SIGNATURE_H
#define PL_SIGNATURE_H

#include <stdint.h>

#define PL_SIGNATURE_SZ    (24UL)
#define PL_SIGNATURE_MAGIC (0x504c5347U)

/* Streams of a plan; signatures of other streams are not ours. */
#define PL_STREAMS (64UL)

typedef struct {
  uint16_t stream;
  uint64_t seq;
  uint64_t t_ns;
} pl_signature_t;

/* Where the signature of a frame is, and the checksum that covers it. */
typedef struct {
  uint16_t at;         /* offset of the 24 bytes; 0 = the frame can't be signed */
  uint16_t sum_at;     /* offset of the checksum; 0 = none covers them */
  uint8_t  odd;        /* they begin in the middle of one of its words */
  uint8_t  never_zero; /* UDP: a sum of zero is written as 0xffff */
} pl_signature_place_t;

/* Finds the place in a frame of at most 65535 bytes.  1, or 0 when there is none. */
int pl_signature_find( uint8_t const * frame, unsigned long sz, pl_signature_place_t * place );

/* Writes the signature at a place found in this frame, and mends the checksum. */
void pl_signature_write( uint8_t * frame, pl_signature_place_t const * place, pl_signature_t const * signature );

/* Reads the signature of a frame.  1, or 0 when it has none that is whole. */
int pl_signature_read( uint8_t const * frame, unsigned long sz, pl_signature_t * signature );

#endif /* PL_SIGNATURE_H */
