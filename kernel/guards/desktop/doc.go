// Package desktop holds the guards for agents that drive a desktop:
// computer-use, remote-desktop-side-channel and input-injection-capability.
//
// The contract. What a call does to a desktop is its action type: a dotted
// name that begins with "remote." or "input.", taken from the tool's name and
// from the arguments action_type, actionType, custom_type and customType. Every
// type a call claims is judged, and the strictest verdict holds. A tool whose
// manifest declares the action computer_use or input is judged whatever it is
// called; so is an action of an evaluation suite, by its name. Judging is a
// pure function of the request.
//
// What names cannot show: a tool that moves a mouse and is called something
// else, with no manifest to say so. List such tools under tool_access, or
// declare their shape.
//
// Non-goals: no screenshots, no rates, no domains (browser-automation).
package desktop
