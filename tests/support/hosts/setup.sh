# The first process of a test host, in namespaces of its own: makes its file systems, its user and
# its sshd. From the environment: NAME, ADDRESS, HOSTS (lines of /etc/hosts), KEYS (a folder with
# the keys of hosts and users), REPO, DENO and DENO_DIR.
set -eu
hostname "$NAME"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/repo /run/keys /run/deno-cache /run/sshd /run/overlay
mount --bind "$REPO" /run/repo
mount --bind "$KEYS" /run/keys
touch /run/deno
mount --bind "$DENO" /run/deno
# Its cache may lie in the /tmp that is about to be hidden.
mkdir -p "$DENO_DIR"
mount --bind "$DENO_DIR" /run/deno-cache
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /home
mount -t tmpfs -o mode=755 tmpfs /usr/local/bin
ln -s /run/repo/dist/sessionctl /usr/local/bin/sessionctl
# All of /etc: a bind mount over one file would vanish when a package replaces that file.
mount -t tmpfs -o mode=755 tmpfs /run/overlay
mkdir /run/overlay/upper /run/overlay/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/overlay/upper,workdir=/run/overlay/work overlay /etc

printf '127.0.0.1 localhost\n%s\n' "$HOSTS" > /etc/hosts
printf '%s\n' "$NAME" > /etc/hostname
id=1000
for user in ann bob; do
  sed -i "/^$user:/d; /:$id:/d" /etc/passwd
  sed -i "/^$user:/d" /etc/shadow /etc/group
  printf '%s:x:%s:%s::/home/%s:/bin/bash\n' "$user" "$id" "$id" "$user" >> /etc/passwd
  printf '%s:*:19000:0:99999:7:::\n' "$user" >> /etc/shadow
  printf '%s:x:%s:\n' "$user" "$id" >> /etc/group
  mkdir -p "/run/user/$id" "/home/$user/.ssh"
  cp /run/keys/user "/home/$user/.ssh/id_ed25519"
  cp /run/keys/user.pub "/home/$user/.ssh/authorized_keys"
  awk '{ print "* " $1 " " $2 }' /run/keys/host.pub > "/home/$user/.ssh/known_hosts"
  chmod 700 "/run/user/$id" "/home/$user" "/home/$user/.ssh"
  chmod 600 "/home/$user/.ssh/id_ed25519"
  chown -R "$id:$id" "/run/user/$id" "/home/$user"
  id=$((id + 1))
done
cp /run/keys/host /etc/ssh/test_host_key
chmod 600 /etc/ssh/test_host_key
rm -rf /etc/ssh/ssh_config.d
# The default key exchange takes 40 ms of CPU time at each end of each connection.
echo 'KexAlgorithms curve25519-sha256' | tee /etc/ssh/ssh_config > /etc/ssh/sshd_config
cat >> /etc/ssh/sshd_config <<END
HostKey /etc/ssh/test_host_key
UsePAM no
PasswordAuthentication no
Subsystem sftp internal-sftp
KbdInteractiveAuthentication no
AcceptEnv LANG LC_*
# An sshd without PAM is told by it what logind says elsewhere.
SetEnv XDG_RUNTIME_DIR=/run/user/1000 NO_COLOR=1
END

ip link set lo up
echo made
# Waits until the bridge has connected its cable.
until ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done
ip address add "$ADDRESS/24" dev eth0
ip link set eth0 up
exec /usr/sbin/sshd -D -e
