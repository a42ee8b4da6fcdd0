#!/bin/sh
# After removal: what after-install.sh made goes, too.
set -e
installed="${DPKG_ROOT:-}/etc/apparmor.d/packet-lab"
if [ "$1" != upgrade ] && [ -f "$installed" ]; then
  if [ -z "${DPKG_ROOT:-}" ] && apparmor_status --enabled 2>/dev/null; then
    apparmor_parser --remove "$installed" || true
  fi
  rm -f "$installed"
fi
