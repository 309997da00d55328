#!/bin/sh
# The image's base: Debian 13's Python and what it loads, extracted and never configured. No shell,
# no package manager, no program but Python. build.sh runs this.
# usage: debian.sh amd64|arm64 FOLDER
# shellcheck disable=SC2016  # what looks like variables is apt's and mmdebstrap's to expand
set -eu
architecture=$1 root=$2
suite=trixie
packages=base-files,ca-certificates,libbz2-1.0,libc6,libexpat1,libffi8,libgcc-s1,liblzma5
packages=$packages,libpython3.13-stdlib,libsqlite3-0,libssl3t64,libstdc++6,libuuid1,netbase
packages=$packages,python3.13-minimal,tzdata,zlib1g

# apt is told that these are there: they configure packages, or serve a terminal.
cat_left_out() {
  cat << 'END'
Package: left-out
Status: install ok installed
Maintainer: nobody
Architecture: all
Version: 1
Provides: awk, debconf (= 99), libdb5.3t64 (= 99), libncursesw6 (= 99), libreadline8t64 (= 99),
 libtinfo6 (= 99), media-types (= 99), openssl (= 99), openssl-provider-legacy (= 99)
Description: what the image does without
END
}

# This machine's own mirrors where it runs Debian; elsewhere mmdebstrap knows the public ones.
mirrors() {
  apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' |
    sort -u | while read -r origin label address; do
    case "$origin $label" in
      'Debian Debian')
        printf 'deb %s %s main\n' "$address" "$suite" "$address" "$suite-updates"
        ;;
      'Debian Debian-Security') printf 'deb %s %s main\n' "$address" "$suite-security" ;;
    esac
  done
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat_left_out > "$work/status"
mirrors > "$work/sources"
# Scanners read the control files as distroless images keep them.
keep_control='
  mkdir "$1/status.d"
  for package in "$1"/var/cache/apt/archives/*.deb; do
    dpkg-deb --field "$package" > "$1/status.d/$(dpkg-deb --field "$package" Package)"
  done'

# With no mirror among the words, mmdebstrap takes its own.
set -- "$suite" "$root"
[ ! -s "$work/sources" ] || set -- "$@" "$work/sources"
mmdebstrap --quiet --variant=extract --architectures="$architecture" --include="$packages" \
  --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
  --setup-hook="cp '$work/status' \"\$1/var/lib/dpkg/status\"" \
  --extract-hook="$keep_control" "$@"

# In these folders only what is named stays; the rest serves packages' set-up and this machine.
only() {
  folder=$1
  shift
  mkdir "$work/only"
  for name in "$@"; do
    mkdir -p "$work/only/$(dirname "$name")"
    mv "$root/$folder/$name" "$work/only/$name"
  done
  rm -r "${root:?}/$folder"
  mv "$work/only" "$root/$folder"
}
only dev
only etc debian_version os-release protocols services
only run
only usr/bin python3.13
only usr/sbin
only usr/share ca-certificates common-licenses doc zoneinfo
only var
find "$root/usr/share/doc" -type f ! -name copyright -delete
find "$root/usr/share/doc" -type d -empty -delete
rm -r "$root"/usr/lib/*-linux-gnu/gconv "$root"/usr/lib/python3.13/pydoc_data \
  "$root"/usr/lib/python3.13/sitecustomize.py "$root"/usr/lib/python3.13/test

mkdir -p "$root/var/lib/dpkg"
mv "$root/status.d" "$root/var/lib/dpkg/"
ln -s python3.13 "$root/usr/bin/python3"
ln -s python3.13 "$root/usr/bin/python"
printf '%s\n' 'root:x:0:0:root:/root:/usr/sbin/nologin' \
  'nonroot:x:65532:65532:nonroot:/home/nonroot:/usr/sbin/nologin' > "$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'nonroot:x:65532:' > "$root/etc/group"
