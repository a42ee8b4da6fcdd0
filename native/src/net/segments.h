/* segments.h: frames as the receiver of a packet socket gets them from a sender that leaves
   work to the device: a message of many UDP datagrams that is to be cut (UDP_SEGMENT), and
   checksums that are to be completed.  A veth pair passes both on as they are, and the
   kernel says with each frame what is left to do (struct virtio_net_hdr, PACKET_VNET_HDR).
   This does it, as a device would: pure functions. */

#ifndef PL_SEGMENTS_H
#define PL_SEGMENTS_H

#include <linux/virtio_net.h>
#include <stdint.h>

/* How many frames a frame of sz bytes is to be cut into; 1: it goes as it is. */
unsigned long pl_segments( struct virtio_net_hdr const * left, uint8_t const * frame, unsigned long sz );

/* The bytes of frame i of them; none has more than the first. */
unsigned long pl_segment_sz( struct virtio_net_hdr const * left, unsigned long sz, unsigned long i );

/* Writes frame i of them to `to`: headers copied, lengths, IPv4 identification and
   checksums mended.  Returns its bytes. */
unsigned long pl_segment_write( struct virtio_net_hdr const * left, uint8_t const * frame, unsigned long sz,
                                unsigned long i, uint8_t * to );

/* Completes the checksum of a frame that goes as it is, if that is left to do. */
void pl_checksum_complete( struct virtio_net_hdr const * left, uint8_t * frame, unsigned long sz );

#endif /* PL_SEGMENTS_H */
