/* made.h: capture files made block by block, in either byte order. */

#ifndef TEST_MADE_H
#define TEST_MADE_H

#include "captured.h"

/* Starts as { 0 }, or with swap set for the other byte order. */
typedef struct {
  uint8_t *     bytes;
  unsigned long sz, cap;
  int           swap;
} made_t;

/* Appends bytes (0x5a when data is NULL), or a number in the file's order. */
void made_put( made_t * m, void const * data, unsigned long sz );
void made_32( made_t * m, uint32_t v );
void made_16( made_t * m, uint16_t v );

void made_pcap_header( made_t * m, uint32_t magic, uint32_t link );
void made_pcap_record( made_t * m, uint32_t sec, uint32_t frac, uint32_t caplen, uint32_t origlen );

/* pcapng blocks; the packet block has extra bytes where its options belong. */
void made_section( made_t * m );
void made_interface( made_t * m, uint16_t link, uint32_t snaplen );
void made_epb( made_t * m, uint32_t iface, uint64_t stamp, uint32_t caplen, uint32_t extra );

/* Reads what was made, and starts over. */
captured_t * made_read( made_t * m );

#endif /* TEST_MADE_H */
