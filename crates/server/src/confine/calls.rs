//! Calls of the kernel that no engine needs, refused by a seccomp filter (`seccomp(2)`): looking into other processes, other
//! kernels and modules, mounts and namespaces, tracing, keys of the kernel, clocks and names of the machine, programs.
//!
//! Promises: a refused call fails with `EPERM`, and nothing is killed, so that a library that tries finds out and goes on; the
//! filter holds for the architecture of this build only, and any other way into the kernel ends the process. The unit of
//! systemd refuses the same and more (`deploy/sinew.service`).
//! Never: refuses what reads, writes, connects, waits or allocates.

use super::Taken;
use libc::{
    CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, CLONE_NEWUTS, c_long,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter,
};
use std::collections::BTreeMap;

/// Refused whatever comes with them.
const REFUSED: &[c_long] = &[
    // Other programs: the engine starts none (Landlock refuses them too, where the kernel has it).
    libc::SYS_execve,
    libc::SYS_execveat,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    // The kernel itself.
    libc::SYS_kexec_load,
    KEXEC_FILE_LOAD,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_lookup_dcookie,
    libc::SYS_syslog,
    libc::SYS_reboot,
    libc::SYS_personality,
    // Requests beside the calls, which no filter sees.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Keys of the kernel.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // Mounts, roots and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    // Files by handle, watched or counted for everybody.
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_acct,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_nfsservctl,
    // The machine's clock, name and terminal.
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
];

/// Not in every `libc`; one number for all architectures since the tables were unified, and an older one on x86-64.
#[cfg(target_arch = "x86_64")]
const KEXEC_FILE_LOAD: c_long = 320;
#[cfg(not(target_arch = "x86_64"))]
const KEXEC_FILE_LOAD: c_long = 294;

/// A thread or process in namespaces of its own. Threads are made by the same call, without these.
const NAMESPACES: [libc::c_int; 7] =
    [CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET];

/// The second table of calls of an x86-64 kernel: this bit, the same numbers, and some more of its own.
#[cfg(target_arch = "x86_64")]
const X32: (i64, std::ops::RangeInclusive<i64>) = (0x4000_0000, 512..=547);

pub(super) fn give_up() -> Taken {
    let Ok([refusals, threads]) = filters() else { return Taken::Not };
    match (apply_filter(&refusals), apply_filter(&threads)) {
        (Ok(()), Ok(())) => Taken::Fully,
        (Ok(()), Err(_)) | (Err(_), Ok(())) => Taken::Partly,
        (Err(_), Err(_)) => Taken::Not,
    }
}

/// The filters: what is refused; and `clone3`, whose flags stand in memory where no filter reads them. Told that there is
/// no such call, libraries make threads by `clone`.
fn filters() -> Result<[BpfProgram; 2], Box<dyn std::error::Error>> {
    let arch: TargetArch = std::env::consts::ARCH.try_into()?;
    let filter = |rules: BTreeMap<i64, Vec<SeccompRule>>, errno: i32| {
        let refused = SeccompAction::Errno(errno.unsigned_abs());
        let program: BpfProgram = SeccompFilter::new(rules, SeccompAction::Allow, refused, arch)?.try_into()?;
        Ok::<_, Box<dyn std::error::Error>>(program)
    };
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    let namespace = |flag: &libc::c_int| {
        let bit = u64::from(flag.unsigned_abs());
        let has_bit = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(bit), bit)?;
        SeccompRule::new(vec![has_bit])
    };
    rules.insert(libc::SYS_clone, NAMESPACES.iter().map(namespace).collect::<Result<_, _>>()?);
    #[cfg(target_arch = "x86_64")]
    {
        let (bit, own) = X32;
        let known = REFUSED.iter().copied().chain([libc::SYS_clone, libc::SYS_clone3]);
        rules.extend(known.chain(own).map(|call| (call | bit, Vec::new())));
    }
    Ok([filter(rules, libc::EPERM)?, filter(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), libc::ENOSYS)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use seccompiler::sock_filter;
    use std::{fs, net::TcpListener, process::Command, thread};

    const ALLOW: u32 = 0x7fff_0000;
    const ERRNO: u32 = 0x0005_0000;
    const KILL: u32 = 0x8000_0000;

    /// What a filter answers, computed as the kernel does (`net/core/filter.c`): the instructions that filters are made of.
    fn answer(program: &[sock_filter], call: i64, arch: u32, argument: u64) -> u32 {
        let mut data = Vec::new();
        data.extend((call as u32).to_ne_bytes());
        data.extend(arch.to_ne_bytes());
        data.extend(0_u64.to_ne_bytes());
        data.extend(argument.to_ne_bytes());
        data.resize(64, 0);
        let (mut at, mut held) = (0_usize, 0_u32);
        loop {
            let step = &program[at];
            at += 1;
            let jump = |is_so: bool| usize::from(if is_so { step.jt } else { step.jf });
            match step.code {
                0x20 => held = u32::from_ne_bytes(data[step.k as usize..][..4].try_into().unwrap()),
                0x54 => held &= step.k,
                0x05 => at += step.k as usize,
                0x15 => at += jump(held == step.k),
                0x25 => at += jump(held > step.k),
                0x35 => at += jump(held >= step.k),
                0x45 => at += jump(held & step.k != 0),
                0x06 => return step.k,
                other => panic!("an instruction that filters are not made of: {other:#x}"),
            }
        }
    }

    fn here() -> u32 {
        match std::env::consts::ARCH {
            "x86_64" => 0xc000_003e,
            "aarch64" => 0xc000_00b7,
            other => panic!("an architecture without a filter: {other}"),
        }
    }

    #[test]
    fn what_is_refused_and_what_is_not() {
        let [refusals, threads] = filters().unwrap();
        let check = |call: c_long, argument: u64, expect: u32| {
            assert_eq!(answer(&refusals, call, here(), argument), expect, "call {call} with {argument:#x}");
        };
        for call in REFUSED {
            check(*call, 0, ERRNO | 1);
            check(*call, u64::MAX, ERRNO | 1);
        }
        // What threads, files, sockets, time and the end of a process need.
        for call in [
            libc::SYS_read,
            libc::SYS_write,
            libc::SYS_openat,
            libc::SYS_fdatasync,
            libc::SYS_fsync,
            libc::SYS_renameat,
            libc::SYS_renameat2,
            libc::SYS_fallocate,
            libc::SYS_flock,
            libc::SYS_mmap,
            libc::SYS_mprotect,
            libc::SYS_futex,
            libc::SYS_epoll_pwait,
            libc::SYS_socket,
            libc::SYS_accept4,
            libc::SYS_connect,
            libc::SYS_sendto,
            libc::SYS_getrandom,
            libc::SYS_clock_gettime,
            libc::SYS_prctl,
            libc::SYS_prlimit64,
            libc::SYS_kill,
            libc::SYS_exit_group,
        ] {
            check(call, u64::MAX, ALLOW);
        }
        // As glibc makes a thread: memory, files, signals shared. Each namespace alone is refused.
        let thread = 0x003d_0f00;
        check(libc::SYS_clone, thread, ALLOW);
        for flag in NAMESPACES {
            check(libc::SYS_clone, thread | u64::from(flag.unsigned_abs()), ERRNO | 1);
        }
        assert_eq!(answer(&threads, libc::SYS_clone3, here(), 0), ERRNO | libc::ENOSYS as u32);
        assert_eq!(answer(&threads, libc::SYS_clone, here(), 0), ALLOW);
        // 32 bits, or the other architecture: no such call comes from this build.
        for arch in [0x4000_0003, 0x4000_0028, here() ^ 1] {
            assert_eq!(answer(&refusals, libc::SYS_read, arch, 0), KILL, "{arch:#x}");
        }
        if cfg!(target_arch = "x86_64") {
            for call in [520, 521, 539, libc::SYS_mount, libc::SYS_clone] {
                check(call | 0x4000_0000, 0, ERRNO | 1);
            }
        }
    }

    /// The process is started by these: systemd leaves them to it, and the engine refuses them itself behind its start.
    const STARTS: &str = "to start";
    /// In no group that the unit allows.
    const OUTSIDE: &str = "not allowed";

    /// How the unit refuses each call: by its name, or by a group of it (`systemd-analyze syscall-filter`).
    const BY_UNIT: &[(&str, &[c_long])] = &[
        (STARTS, &[libc::SYS_execve, libc::SYS_execveat]),
        ("@debug", &[libc::SYS_ptrace, libc::SYS_perf_event_open, libc::SYS_lookup_dcookie]),
        ("process_vm_readv", &[libc::SYS_process_vm_readv]),
        ("process_vm_writev", &[libc::SYS_process_vm_writev]),
        ("process_madvise", &[libc::SYS_process_madvise]),
        ("kcmp", &[libc::SYS_kcmp]),
        ("pidfd_getfd", &[libc::SYS_pidfd_getfd]),
        ("@reboot", &[libc::SYS_kexec_load, KEXEC_FILE_LOAD, libc::SYS_reboot]),
        ("@module", &[libc::SYS_init_module, libc::SYS_finit_module, libc::SYS_delete_module]),
        (
            "@privileged",
            &[
                libc::SYS_bpf,
                libc::SYS_open_by_handle_at,
                libc::SYS_fanotify_init,
                libc::SYS_quotactl,
                libc::SYS_acct,
                libc::SYS_nfsservctl,
                libc::SYS_sethostname,
                libc::SYS_setdomainname,
                libc::SYS_vhangup,
            ],
        ),
        ("userfaultfd", &[libc::SYS_userfaultfd]),
        (OUTSIDE, &[libc::SYS_syslog, libc::SYS_mount_setattr, libc::SYS_quotactl_fd]),
        ("personality", &[libc::SYS_personality]),
        ("io_uring_setup", &[libc::SYS_io_uring_setup]),
        ("io_uring_enter", &[libc::SYS_io_uring_enter]),
        ("io_uring_register", &[libc::SYS_io_uring_register]),
        ("@keyring", &[libc::SYS_keyctl, libc::SYS_add_key, libc::SYS_request_key]),
        (
            "@mount",
            &[
                libc::SYS_mount,
                libc::SYS_umount2,
                libc::SYS_pivot_root,
                libc::SYS_chroot,
                libc::SYS_move_mount,
                libc::SYS_open_tree,
                libc::SYS_fsopen,
                libc::SYS_fsconfig,
                libc::SYS_fsmount,
                libc::SYS_fspick,
            ],
        ),
        ("setns", &[libc::SYS_setns]),
        ("unshare", &[libc::SYS_unshare]),
        ("@swap", &[libc::SYS_swapon, libc::SYS_swapoff]),
        ("@clock", &[libc::SYS_settimeofday, libc::SYS_clock_settime, libc::SYS_clock_adjtime, libc::SYS_adjtimex]),
        #[cfg(target_arch = "x86_64")]
        ("@raw-io", &[libc::SYS_iopl, libc::SYS_ioperm]),
        #[cfg(target_arch = "x86_64")]
        ("@cpu-emulation", &[libc::SYS_modify_ldt]),
    ];

    #[test]
    fn the_unit_of_systemd_refuses_what_the_filter_refuses() {
        let unit = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/sinew.service")).unwrap();
        let lines: Vec<&str> = unit.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")).collect();
        let allowed: Vec<&str> = lines.iter().copied().filter(|line| !line.starts_with('~')).collect();
        assert_eq!(allowed, ["@system-service"], "what is allowed stands first, and is one group");
        assert!(
            unit.contains("\nSystemCallErrorNumber=EPERM\n") && unit.contains("\nSystemCallArchitectures=native\n")
        );
        let refused: Vec<&str> =
            lines.iter().filter_map(|line| line.strip_prefix('~')).flat_map(str::split_whitespace).collect();
        for (how, calls) in BY_UNIT {
            let is_so = [STARTS, OUTSIDE].contains(how) || refused.contains(how);
            assert!(is_so, "the unit does not refuse {how}, and the filter refuses {calls:?}");
        }
        let known: Vec<c_long> = BY_UNIT.iter().flat_map(|(_, calls)| calls.iter().copied()).collect();
        let unknown: Vec<&c_long> = REFUSED.iter().filter(|call| !known.contains(call)).collect();
        assert!(unknown.is_empty(), "calls without a word about the unit: {unknown:?}");
        assert_eq!(known.len(), REFUSED.len(), "one is told twice, or is not refused any more");
    }

    #[test]
    fn the_kernel_refuses_and_work_goes_on() {
        let run =
            || Command::new("/bin/true").status().map(|status| status.success()).map_err(|error| error.raw_os_error());
        assert_eq!(run(), Ok(true));
        let leave =
            || rustix::thread::move_into_link_name_space(std::os::fd::AsFd::as_fd(&fs::File::open("/").unwrap()), None);
        assert_eq!(leave(), Err(rustix::io::Errno::INVAL), "a folder is no namespace");
        // A thread of its own: what is given up is not got back.
        let confined = move || {
            let taken = give_up();
            let told = fs::read_to_string("/proc/thread-self/status").unwrap();
            let works =
                thread::spawn(|| TcpListener::bind("127.0.0.1:0").is_ok() && fs::read("/proc/self/stat").is_ok());
            (taken, told, run(), leave(), works.join().unwrap())
        };
        let (taken, told, ran, left, works) = thread::spawn(confined).join().unwrap();
        assert!(works, "threads, sockets and files are as before, also in a thread that is made behind it");
        match taken {
            Taken::Fully => {
                assert!(told.contains("Seccomp:\t2\n") && told.contains("NoNewPrivs:\t1\n"), "{told}");
                assert_eq!((ran, left), (Err(Some(libc::EPERM)), Err(rustix::io::Errno::PERM)));
            }
            Taken::Partly | Taken::Not => {
                let before = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
                assert!(!before.contains("Seccomp:"), "this kernel has seccomp, and it was not used: {taken:?}");
                println!("skipped: this kernel has no seccomp");
            }
        }
    }
}
