#!/bin/sh
# What requirements.lock names, as the image holds it; the Dockerfile and build.sh both run this.
# usage: packages.sh LOCK x86_64|aarch64 FOLDER
set -eu
lock=$1 machine=$2 folder=$3

# Every Linux that Debian 13's C library (2.41) is compatible with, the newest first: pip, told a
# platform, takes no other, and this machine's may differ.
set --
for minor in $(seq 41 -1 5); do
  set -- "$@" --platform "manylinux_2_${minor}_$machine"
  [ "$minor" != 17 ] || set -- "$@" --platform "manylinux2014_$machine"
done
python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
  --no-deps --no-compile --require-hashes --only-binary :all: \
  --implementation cp --python-version 3.13 "$@" --target "$folder" --requirement "$lock"

# Commands name the Python of the machine that built them, and RECORD holds their checksums.
rm -rf "${folder:?}/bin"
find "$folder" -path '*.dist-info/*' \
  \( -name RECORD -o -name INSTALLER -o -name REQUESTED -o -name direct_url.json \) -delete
# C sources and type stubs, 14 MB that nothing runs; then the symbols only a debugger reads.
find "$folder" -type f -regex '.*\.\(c\|cpp\|h\|pxd\|pyi\|pyx\)' -delete
find "$folder" -type f -name '*.so*' -exec "$machine-linux-gnu-strip" --strip-unneeded {} +
