package dev.hookline.access;

/** A user as stored. The hash is Argon2id in its own notation, with salt and costs. */
record User(long id, String tenant, String username, String passwordHash, String role) {
    @Override
    public String toString() {
        return "User[id=" + id + ", tenant=" + tenant + ", username=" + username + ", role=" + role + "]";
    }
}
