/**
 * Who may enter, over HTTP: users, invitations, API keys and tenants, and the audit trail of what administrators do. What a
 * token means is decided in {@code access}.
 */
@NullMarked
package dev.hookline.accounts;

import org.jspecify.annotations.NullMarked;
