#!/bin/sh
# After unpacking. DPKG_ROOT is the folder the package was installed into; empty on the running system.
set -e
root="${DPKG_ROOT:-}"
sandbox="$root/opt/Packet Lab/chrome-sandbox"
profile="$root/opt/Packet Lab/resources/apparmor-profile"
installed="$root/etc/apparmor.d/packet-lab"

# Pages are sandboxed by user namespaces; where ordinary users have none, by the setuid program.
if setpriv --reuid=65534 --regid=65534 --clear-groups unshare --user true 2>/dev/null; then
  chmod 0755 "$sandbox"
else
  chmod 4755 "$sandbox"
fi

# Only an AppArmor that knows rules about user namespaces needs the profile, and only such a one can read it.
if [ -d "$root/etc/apparmor.d" ] && apparmor_parser --skip-kernel-load --debug "$profile" >/dev/null 2>&1; then
  cp "$profile" "$installed"
  chmod 0644 "$installed"
  if [ -z "$root" ] && apparmor_status --enabled 2>/dev/null; then
    apparmor_parser --replace --write-cache --skip-read-cache "$installed" || true
  fi
fi
