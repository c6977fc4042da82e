/**
 * Keep the SDK from writing to standard error that later versions of it will need a newer Node: ours is
 * pinned to one that does not. Must come before its first client.
 */
export function silenceSdkWarning(): void {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
}

/** The SDK's advice goes to the console otherwise. */
export const silentLogger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
