#!/bin/sh
# Builds the API's image without a Docker daemon: Debian's own packages stand where the Dockerfile
# has base images; the rest is the Dockerfile's last stage. The same inputs give the same digest.
# Exit code 64: wrong words; 69: something is missing on this machine; 1: a step failed.
set -eu

usage='usage: app-image/build.sh [--arch amd64|arm64] [--ca FILE] [--output FOLDER]
  --arch    what the image runs on; this machine'\''s own where it is not given
  --ca      PEM file of authorities to trust beside the public ones, such as the RDS bundle
  --output  gets oci/ (an OCI layout) and sbom.cdx.json; .local/image/ARCH where it is not given'

fail() {
  code=$1
  shift
  printf 'build.sh: %s\n' "$@" >&2
  exit "$code"
}

says() {
  printf '%s\n' "$*" >&2
}

machine_of() {
  case "$1" in
    amd64) echo x86_64 ;;
    arm64) echo aarch64 ;;
    *) fail 64 "no image is built for $1; --arch is amd64 or arm64" ;;
  esac
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
native=$(dpkg --print-architecture 2>/dev/null || uname -m)
architecture=$native authorities='' output=''
while [ $# -gt 0 ]; do
  case "$1" in
    --arch | --ca | --output) [ $# -gt 1 ] || fail 64 "$1 needs a value" "$usage" ;;
    *) fail 64 "unknown word $1" "$usage" ;;
  esac
  case "$1" in
    --arch) architecture=$2 ;;
    --ca) authorities=$2 ;;
    --output) output=$2 ;;
  esac
  shift 2
done
machine=$(machine_of "$architecture")
output=${output:-$here/../.local/image/$architecture}
if [ -n "$authorities" ] && ! grep -q -e '-----BEGIN CERTIFICATE-----' "$authorities"; then
  fail 64 "--ca $authorities holds no PEM certificate"
fi

missing='' refused=''
needs() {
  command -v "$1" > /dev/null || missing="$missing $2"
}
needs mmdebstrap mmdebstrap
needs buildah buildah
needs "$machine-linux-gnu-strip" "binutils-$(echo "$machine" | tr _ -)-linux-gnu"
python3 -m pip --version > /dev/null 2>&1 || missing="$missing python3-pip"
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing="$missing debian-archive-keyring"
[ -z "$missing" ] ||
  refused="not there:$missing; run: sudo apt-get install --no-install-recommends$missing; "
[ "$(id -u)" = 0 ] || refused="${refused}it writes root's files and enters a chroot: run it as root"
[ -z "$refused" ] || fail 69 "${refused%; }"

umask 022
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' HUP INT TERM
# buildah's own temporary files too.
export TMPDIR="$work"
epoch=${SOURCE_DATE_EPOCH:-0}
builder=$work/builder root=$work/root made=$work/made

says "Debian for $architecture"
"$here/image/debian.sh" "$architecture" "$root"
if [ "$architecture" = "$native" ]; then
  cp -a "$root" "$builder"
else
  "$here/image/debian.sh" "$native" "$builder"
fi

says 'packages'
mkdir -p "$made/app/etc" "$made/app/src"
"$here/image/packages.sh" "$here/requirements.lock" "$machine" "$made/app/lib"
cp -R "$here/task1" "$made/app/src/"
find "$made/app/src" -name __pycache__ -prune -exec rm -rf {} +
awk 1 ${authorities:+"$authorities"} "$root"/usr/share/ca-certificates/mozilla/*.crt \
  > "$made/app/etc/ca.pem"
rm -r "$root/usr/share/ca-certificates"
chmod -R u=rwX,go=rX "$made"

# Bytecode by content, not by time, under the paths that the image will have; Debian's as well: the
# root is read-only, so each start would compile it anew. The builder is of this machine's kind.
mkdir "$builder/image"
mv "$root" "$builder/image/root"
mv "$made/app" "$builder/image/root/app"
chroot "$builder" /usr/bin/python3.13 -m compileall -q --invalidation-mode unchecked-hash \
  -s /image/root -p / /image/root/usr/lib/python3.13 /image/root/app/lib /image/root/app/src
mv "$builder/image/root/app" "$made/app"
mv "$builder/image/root" "$root"

says 'image'
container() {
  buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"
}
base=$(container from --arch "$architecture" scratch)
container copy --quiet "$base" "$root" / > /dev/null
container commit --quiet --timestamp "$epoch" --identity-label=false "$base" base > /dev/null
container bud --quiet --arch "$architecture" --isolation chroot --timestamp "$epoch" \
  --identity-label=false --build-context base=docker-image://localhost/base \
  --build-context build="$made" --tag task1 "$here" > /dev/null
container push --quiet task1 "oci:$work/oci:task1"
digest=$(sed -n 's/.*"digest":"\(sha256:[0-9a-f]*\)".*/\1/p' "$work/oci/index.json")
python3 "$here/image/sbom.py" "$work/oci" "$root" "$made/app/lib" > "$work/sbom.cdx.json"

mkdir -p "$output"
rm -rf "$output/oci"
cp -R "$work/oci" "$work/sbom.cdx.json" "$output/"
output=$(cd "$output" && pwd)
[ -n "$authorities" ] || says \
  "it trusts the public authorities alone, so RDS Proxy but no cluster of RDS; --ca FILE adds those"
printf '%s\n' "image      oci:$output/oci:task1" "digest     $digest" \
  "compressed $(cat "$output"/oci/blobs/sha256/* | wc -c) bytes" "sbom       $output/sbom.cdx.json"
