import { readsWellAt } from "./checks/languages";

readsWellAt(390);
