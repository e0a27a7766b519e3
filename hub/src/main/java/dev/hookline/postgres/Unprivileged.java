package dev.hookline.postgres;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How PostgreSQL's programs are started. They refuse to run as root, so under root they run in a user namespace in which
 * root is nobody ({@code unshare -U}; files stay root's) or, where the system forbids that, as an ordinary user who then
 * owns the cluster.
 */
final class Unprivileged {
    private static final Duration TRIAL_MAX = Duration.ofSeconds(10);
    private static final List<String> ORDINARY_USERS = List.of("hookline", "postgres", "nobody");

    private final List<String> prefix;
    private final @Nullable Owner owner;

    /** A user to whom the cluster's files are given. */
    private record Owner(String name, int uid, int gid) {}

    /** Decides for the cluster in a folder, which need not exist yet. */
    interface Choice {
        Unprivileged forCluster(Path folder) throws IOException, InterruptedException;
    }

    private Unprivileged(List<String> prefix, @Nullable Owner owner) {
        this.prefix = List.copyOf(prefix);
        this.owner = owner;
    }

    /** Chooses a way for the cluster in {@code folder}, which need not exist; one that exists keeps its owner. */
    static Unprivileged forCluster(Path folder) throws IOException, InterruptedException {
        if (!isRoot()) {
            return new Unprivileged(List.of(), null);
        }
        if (Files.isDirectory(folder)) {
            int uid = (int) Files.getAttribute(folder, "unix:uid");
            if (uid != 0) {
                return as(new Owner("user " + uid, uid, (int) Files.getAttribute(folder, "unix:gid")));
            }
        }
        if (works(List.of("unshare", "-U", "true"))) {
            return new Unprivileged(List.of("unshare", "-U"), null);
        }
        for (String user : ORDINARY_USERS) {
            if (works(List.of("id", "-u", user))) {
                return asUser(user);
            }
        }
        throw noWay();
    }

    static Unprivileged asUser(String user) throws IOException, InterruptedException {
        return as(new Owner(user, id("-u", user), id("-g", user)));
    }

    static boolean isRoot() {
        return new UnixSystem().getUid() == 0;
    }

    private static Unprivileged as(Owner owner) throws InterruptedException {
        List<String> setpriv =
                List.of("setpriv", "--reuid=" + owner.uid, "--regid=" + owner.gid, "--clear-groups", "--");
        if (works(followedBy(setpriv, List.of("true")))) {
            return new Unprivileged(setpriv, owner);
        }
        List<String> runuser = List.of("runuser", "-u", owner.name, "--");
        if (works(followedBy(runuser, List.of("true")))) {
            return new Unprivileged(runuser, owner);
        }
        throw noWay();
    }

    private static DatabaseStartException noWay() {
        return new DatabaseStartException("PostgreSQL does not run as root, and neither unshare -U nor setpriv nor"
                + " runuser works here to start it as somebody else. Start the hub as an ordinary user, or set"
                + " DATABASE_URL to a PostgreSQL of your own.");
    }

    private static int id(String what, String user) throws IOException, InterruptedException {
        Command.Result result = Command.run(TRIAL_MAX, List.of("id", what, user));
        if (!result.ok()) {
            throw new DatabaseStartException("There is no user " + user + " on this machine: " + result.output());
        }
        return Integer.parseInt(result.output());
    }

    private static boolean works(List<String> command) throws InterruptedException {
        try {
            return Command.run(TRIAL_MAX, command).ok();
        } catch (IOException notInstalled) {
            return false;
        }
    }

    private static List<String> followedBy(List<String> first, List<String> second) {
        List<String> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    List<String> wrap(List<String> command) {
        return followedBy(prefix, command);
    }

    /** Gives the tree to the user under whom PostgreSQL runs, and lets that user pass through its parent folder. */
    void giveTree(Path folder) throws IOException {
        if (owner == null) {
            return;
        }
        Path parent = folder.toAbsolutePath().getParent();
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(parent);
        if (permissions.add(PosixFilePermission.OTHERS_EXECUTE)) {
            Files.setPosixFilePermissions(parent, permissions);
        }
        List<Path> files;
        try (Stream<Path> tree = Files.walk(folder)) {
            files = tree.toList();
        }
        for (Path file : files) {
            give(file);
        }
    }

    void give(Path file) throws IOException {
        if (owner != null) {
            Files.setAttribute(file, "unix:uid", owner.uid, LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(file, "unix:gid", owner.gid, LinkOption.NOFOLLOW_LINKS);
        }
    }

    /** What to add to an error message: the commonest cause under this way of starting. */
    String hint() {
        return owner == null
                ? ""
                : " (The hub runs as root, PostgreSQL as " + owner.name
                        + ": that user must be able to pass through every folder above the data and the binaries.)";
    }
}
