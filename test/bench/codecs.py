"""The same in Scapy: the packet of codecs.ts, built with its checksums and taken apart with every field read.

python3 codecs.py encode|decode ROUND_MS"""
import sys
import time

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

what, round_ns = sys.argv[1], float(sys.argv[2]) * 1e6


def build():
    return bytes(
        Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        / IP(id=0, flags="DF", src="198.18.0.1", dst="198.19.0.1")
        / UDP(sport=49152, dport=9)
        / Raw(b"Packet Lab - hello")
    )


frame = build()


def fields():
    layer = Ether(frame)
    seen = 0
    while layer:
        for field in layer.fields_desc:
            layer.getfieldval(field.name)
            seen += 1
        layer = layer.payload
    return seen


once = build if what == "encode" else fields
for _ in sys.stdin:
    start = time.perf_counter_ns()
    frames = spent = 0
    while spent < round_ns:
        for _ in range(20):
            once()
        frames += 20
        spent = time.perf_counter_ns() - start
    print(spent / frames, flush=True)
