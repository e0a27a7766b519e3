package dev.hookline.postgres;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One hub per folder: a lock on {@code hub.lock} that the operating system releases when the process ends, however it
 * ends. The file holds the process id of its holder and is never deleted.
 */
final class HomeLock implements AutoCloseable {
    // Closing any channel of a file releases all of this process's locks on it, so inside this process the file must
    // not even be opened a second time.
    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

    private final Path home;
    private final FileChannel channel;

    private HomeLock(Path home, FileChannel channel) {
        this.home = home;
        this.channel = channel;
    }

    /** @throws DatabaseStartException when another hub, here or in another process, holds the folder */
    static HomeLock take(Path existingHome) throws IOException {
        Path home = existingHome.toRealPath();
        if (!HELD_HERE.add(home)) {
            throw refused(home, Long.toString(ProcessHandle.current().pid()));
        }
        HomeLock lock;
        try {
            lock = new HomeLock(home, open(home));
        } catch (IOException | RuntimeException e) {
            HELD_HERE.remove(home);
            throw e;
        }
        try {
            FileLock held = lock.channel.tryLock();
            if (held == null) {
                throw refused(home, lock.readHolder());
            }
            lock.writeHolder();
            return lock;
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static FileChannel open(Path home) throws IOException {
        return FileChannel.open(
                home.resolve("hub.lock"),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    private String readHolder() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(20);
        channel.read(bytes, 0);
        return US_ASCII.decode(bytes.flip()).toString().strip();
    }

    private void writeHolder() throws IOException {
        channel.truncate(0);
        channel.write(US_ASCII.encode(ProcessHandle.current().pid() + "\n"), 0);
    }

    private static DatabaseStartException refused(Path home, String pid) {
        String holder = pid.isEmpty() ? "another hub" : "the hub with process id " + pid;
        return new DatabaseStartException("The folder " + home + " is in use by " + holder + ". Stop that one first"
                + (pid.isEmpty() ? "" : " (kill " + pid + ")")
                + ", or give this one a folder of its own with HOOKLINE_DATA.");
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            HELD_HERE.remove(home);
        }
    }
}
