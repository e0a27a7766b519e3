package dev.hookline.postgres;

import dev.hookline.kernel.Time;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL's programs ({@code initdb}, {@code pg_ctl}, {@code postgres}), unpacked once per version from the archive on
 * the class path. The unpacked folder appears in one step, so processes that start at once may share a cache.
 */
final class PostgresBinaries {
    private static final Logger log = LoggerFactory.getLogger(PostgresBinaries.class);
    private static final String UNFINISHED = ".unpacking-";
    private static final Duration ABANDONED_AFTER = Duration.ofHours(1);

    private final Path folder;

    private PostgresBinaries(Path folder) {
        this.folder = folder;
    }

    static PostgresBinaries unpacked(Path cache) throws IOException {
        String name = archiveName(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
        URL archive = PostgresBinaries.class.getResource("/" + name);
        if (archive == null) {
            throw new DatabaseStartException("This hub was built without PostgreSQL for this machine (" + name
                    + "). Build it on this kind of machine with ./hookline up, or set DATABASE_URL to a PostgreSQL of"
                    + " your own, version " + Database.SERVER_VERSION_MIN + " or newer.");
        }
        Path cacheFolder = cache.toAbsolutePath().normalize();
        Path folder = cacheFolder.resolve(name.replace(".txz", "") + "-" + fingerprint(archive));
        if (!Files.isDirectory(folder)) {
            unpack(archive, cacheFolder, folder);
        }
        return new PostgresBinaries(folder);
    }

    static String archiveName(String osName, String osArch) {
        String os = osName.toLowerCase(Locale.ROOT).startsWith("mac") ? "darwin" : "linux";
        String arch = osArch.equals("aarch64") || osArch.equals("arm64") ? "arm_64" : "x86_64";
        return "postgres-" + os + "-" + arch + ".txz";
    }

    /** The checksum that the jar's directory has anyway: reading 15 MB on each start would cost a tenth of a second. */
    private static String fingerprint(URL archive) throws IOException {
        URLConnection connection = archive.openConnection();
        if (connection instanceof JarURLConnection jar) {
            return Long.toHexString(jar.getJarEntry().getCrc());
        }
        try (CheckedInputStream in = new CheckedInputStream(connection.getInputStream(), new CRC32())) {
            in.skipNBytes(connection.getContentLengthLong());
            return Long.toHexString(in.getChecksum().getValue());
        }
    }

    private static void unpack(URL archive, Path cache, Path folder) throws IOException {
        Files.createDirectories(cache);
        removeAbandoned(cache);
        Path unfinished = Files.createTempDirectory(cache, UNFINISHED);
        try {
            log.info("Unpacking PostgreSQL into {}", folder);
            extract(archive, unfinished);
            Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
            Folders.force(cache);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
            log.debug("Another process unpacked PostgreSQL first", e);
        } finally {
            if (Files.isDirectory(unfinished)) {
                Folders.deleteTree(unfinished);
            }
        }
    }

    private static void extract(URL archive, Path target) throws IOException {
        try (InputStream raw = new BufferedInputStream(archive.openStream(), 1 << 16);
                TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(raw))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("The archive holds a path outside of itself: " + entry.getName());
                }
                extract(tar, entry, path);
            }
        }
    }

    private static void extract(TarArchiveInputStream tar, TarArchiveEntry entry, Path path) throws IOException {
        if (entry.isDirectory()) {
            Files.createDirectories(path);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
            return;
        }
        Files.createDirectories(path.getParent());
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            return;
        }
        Files.copy(tar, path);
        boolean executable = (entry.getMode() & 0100) != 0;
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
        Folders.force(path);
    }

    private static void removeAbandoned(Path cache) throws IOException {
        List<Path> unfinished;
        try (Stream<Path> files = Files.list(cache)) {
            unfinished = files.filter(file -> file.getFileName().toString().startsWith(UNFINISHED))
                    .toList();
        }
        for (Path folder : unfinished) {
            Instant touched = Files.getLastModifiedTime(folder).toInstant();
            if (touched.isBefore(Time.system().now().minus(ABANDONED_AFTER))) {
                Folders.deleteTree(folder);
            }
        }
    }

    /** Names the version: another archive has another folder. */
    String id() {
        return folder.getFileName().toString();
    }

    String program(String name) {
        return folder.resolve("bin").resolve(name).toString();
    }
}
